// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/proxy_seen/proxies.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "wire/traffic/packet/packets_test.h"

namespace postern::wire {
namespace {

using testing::number;

std::string socks5(uint16_t port, const std::string& to = number(1, 1) + number(0xc6336401, 4)) {
  return number(0x050100, 3) + to + number(port, 2);
}
const std::string kYes5 = number(0x05000001, 4) + number(0, 6);
const std::string kConnect = "CONNECT mx.example:25 HTTP/1.1\r\nHost: mx.example:25\r\n\r\n";
const std::string kYesHttp = "HTTP/1.0 200 Connection established\r\n\r\n";

class ProxiesTest : public ::testing::Test {
 protected:
  void ask(const std::string& text) {
    PacketHeaders p = packet(text);
    p.source = asker_;
    p.destination = line_;
    p.source_port = port_;
    p.destination_port = 1080;
    p.tcp_sequence = asked_;
    p.tcp_acknowledged = told_;
    asked_ += static_cast<uint32_t>(text.size());
    seen_.add(now_, p);
  }
  void answer(const std::string& text) {
    PacketHeaders p = packet(text);
    p.source = line_;
    p.destination = asker_;
    p.source_port = 1080;
    p.destination_port = port_;
    p.tcp_sequence = told_;
    p.tcp_acknowledged = asked_;
    told_ += static_cast<uint32_t>(text.size());
    seen_.add(now_, p);
  }
  PacketHeaders packet(const std::string& text) {
    kept_ = testing::bytes_of(text);
    return testing::segment_of(kept_);
  }

  IpAddress asker_ = *parse_ip("203.0.113.9");
  IpAddress line_ = *parse_ip("192.0.2.1");
  uint16_t port_ = 40'000;
  uint32_t asked_ = 0xfffffff8;  // around its end
  uint32_t told_ = 500;
  Time now_ = Time{} + seconds(1'700'000'000);
  Bytes kept_;
  std::vector<Proxied> proxied_;
  Proxies seen_{[this](const Proxied& p) { proxied_.push_back(p); }};
};

TEST_F(ProxiesTest, ARequestAndItsYesAreToldOnce) {
  ask(socks5(25));
  EXPECT_TRUE(proxied_.empty()) << "whoever scans asks";
  now_ = now_ + seconds(2);
  answer(kYes5);
  ASSERT_EQ(proxied_.size(), 1U);
  EXPECT_EQ(proxied_[0].at, now_);
  EXPECT_EQ(proxied_[0].through.client, asker_);
  EXPECT_EQ(proxied_[0].through.server, line_);
  EXPECT_EQ(proxied_[0].through.port, 1080);
  EXPECT_EQ(proxied_[0].port, 25);
  answer(kYes5);
  EXPECT_EQ(proxied_.size(), 1U);
  EXPECT_EQ(seen_.asked(), 0U);
}

TEST_F(ProxiesTest, EveryKindOfProxyAndMailPort) {
  const std::string name = number(3, 1) + number(10, 1) + "mx.example";
  const std::string six = number(4, 1) + std::string(16, '\x20');
  const std::string four = number(0x0401, 2) + number(25, 2) + number(0xc6336401, 4) + std::string(1, '\0');
  const std::string yes4 = number(0x005a, 2) + number(0, 6);
  for (const auto& [request, yes, port] :
       {std::tuple(socks5(587, name), kYes5, 587), std::tuple(socks5(465, six), kYes5, 465),
        std::tuple(socks5(2525), number(0x05000004, 4) + number(0, 18), 2525), std::tuple(four, yes4, 25),
        std::tuple(kConnect, kYesHttp, 25),
        std::tuple(std::string("CONNECT [2001:db8::1]:465 HTTP/1.0\r\n\r\n"),
                   std::string("HTTP/1.1 200 connection established\r\n"), 465)}) {
    proxied_.clear();
    ++port_;
    ask(request);
    answer(yes);
    ASSERT_EQ(proxied_.size(), 1U) << request;
    EXPECT_EQ(proxied_[0].port, port);
  }
}

TEST_F(ProxiesTest, WhatIsRefusedOrNoMailIsNone) {
  ask(socks5(25));
  answer(number(0x05020001, 4) + number(0, 6));
  answer(kYes5);
  EXPECT_TRUE(proxied_.empty()) << "not the octet that was waited for";
  for (const auto& [request, answers] :
       {std::pair(socks5(443), kYes5), std::pair(std::string("CONNECT a.example:443 HTTP/1.1\r\n\r\n"), kYesHttp),
        std::pair(kConnect, std::string("HTTP/1.1 403 Forbidden\r\n")), std::pair(kConnect, kYes5),
        std::pair(socks5(25).substr(0, 9), kYes5), std::pair(std::string("CONNECT mx.example:25\r\n"), kYesHttp),
        std::pair(std::string("GET / HTTP/1.1\r\n"), kYesHttp), std::pair(socks5(25), kYesHttp),
        std::pair(socks5(25), std::string("\5"))}) {
    ++port_;
    ask(request);
    answer(answers);
    EXPECT_TRUE(proxied_.empty()) << request;
  }
}

TEST_F(ProxiesTest, AYesThatDoesNotAcknowledgeTheRequestIsNone) {
  ask(socks5(25));
  asked_ -= 1;
  answer(kYes5);
  EXPECT_TRUE(proxied_.empty());
}

TEST_F(ProxiesTest, ASecondTryOnTheSameConnection) {
  ask(kConnect);
  answer("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  ask("CONNECT mx.example:587 HTTP/1.1\r\n\r\n");
  answer(kYesHttp);
  ASSERT_EQ(proxied_.size(), 1U);
  EXPECT_EQ(proxied_[0].port, 587);
}

TEST_F(ProxiesTest, TimeAndTableAreBounded) {
  ask(socks5(25));
  now_ = now_ + Proxies::kAnswerWithin + seconds(1);
  answer(kYes5);
  EXPECT_TRUE(proxied_.empty());
  for (size_t i = 0; i < Proxies::kAskedMax + 100; ++i) {
    port_ = static_cast<uint16_t>(i + 1);
    ask(socks5(25));
  }
  EXPECT_EQ(seen_.asked(), Proxies::kAskedMax);
  EXPECT_EQ(seen_.forgotten_early(), 100U);
}

}  // namespace
}  // namespace postern::wire
