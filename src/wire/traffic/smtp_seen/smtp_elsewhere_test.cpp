// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/smtp_seen/smtp_elsewhere.h"

#include <gtest/gtest.h>
#include <vector>

#include "wire/traffic/packet/packets_test.h"

namespace postern::wire {
namespace {

class SmtpElsewhereTest : public ::testing::Test {
 protected:
  // The server says it, and waits for octet `expects` of the client.
  void server(const std::string& text, uint32_t expects = 100, uint16_t client_port = 40'000) {
    PacketHeaders p = packet(text);
    p.source = server_;
    p.destination = client_;
    p.source_port = 2626;
    p.destination_port = client_port;
    p.tcp_acknowledged = expects;
    seen_.add(now_, p);
  }
  void client(const std::string& text, uint32_t sequence = 100, uint16_t client_port = 40'000) {
    PacketHeaders p = packet(text);
    p.source = client_;
    p.destination = server_;
    p.source_port = client_port;
    p.destination_port = 2626;
    p.tcp_sequence = sequence;
    seen_.add(now_, p);
  }
  PacketHeaders packet(const std::string& text) {
    kept_ = testing::bytes_of(text);
    return testing::segment_of(kept_);
  }

  IpAddress client_ = *parse_ip("2001:db8::1");
  IpAddress server_ = *parse_ip("2001:db8:ffff::2");
  Time now_ = Time{} + seconds(1'700'000'000);
  Bytes kept_;
  std::vector<model::Flow> flows_;
  SmtpElsewhere seen_{[this](const model::Flow& f) { flows_.push_back(f); }};
};

TEST_F(SmtpElsewhereTest, AGreetingAndItsAnswerAreOneFlowOfTheClient) {
  const Time greeted = now_;
  server("220 mail.example ESMTP\r\n");
  server("220 mail.example ESMTP\r\n");  // sent again
  now_ = now_ + seconds(5);
  client("EHLO bot\r\n");
  client("EHLO bot\r\n");
  ASSERT_EQ(flows_.size(), 1U);
  EXPECT_EQ(flows_[0].source, client_);
  EXPECT_EQ(flows_[0].destination, server_);
  EXPECT_EQ(flows_[0].destination_port, 2626);
  EXPECT_EQ(flows_[0].begin, greeted);
  EXPECT_TRUE(flows_[0].smtp);
  EXPECT_EQ(seen_.greeted(), 0U) << "nothing is kept of it";
}

TEST_F(SmtpElsewhereTest, LinesOfManyAndHelo) {
  server("220-mail.example\r\n220 ready\r\n");
  client("helo x\r\n");
  EXPECT_EQ(flows_.size(), 1U);
}

TEST_F(SmtpElsewhereTest, WhatIsNoMailServerIsNone) {
  server("220 ftp.example FTP\r\n");
  client("USER anna\r\n");
  client("EHLOX\r\n", 100);
  client("EHLO", 100);
  EXPECT_TRUE(flows_.empty()) << "FTP, and words that only begin alike";
  server("220 late\r\n", 500, 40'001);
  client("EHLO x\r\n", 600, 40'001);
  EXPECT_TRUE(flows_.empty()) << "the client said something in between";
  client("EHLO x\r\n", 100, 40'002);
  EXPECT_TRUE(flows_.empty()) << "the server did not speak first";
  server("250 x\r\n", 100, 40'003);
  client("EHLO x\r\n", 100, 40'003);
  EXPECT_TRUE(flows_.empty());
}

TEST_F(SmtpElsewhereTest, AnAnswerThatComesTooLateIsNone) {
  server("220 x\r\n");
  now_ = now_ + SmtpElsewhere::kAnswerWithin + seconds(1);
  client("EHLO x\r\n");
  EXPECT_TRUE(flows_.empty());
}

TEST_F(SmtpElsewhereTest, TheTableIsBounded) {
  for (size_t i = 0; i < SmtpElsewhere::kGreetedMax + 100; ++i) server("220 x\r\n", 100, static_cast<uint16_t>(i + 1));
  EXPECT_EQ(seen_.greeted(), SmtpElsewhere::kGreetedMax);
  EXPECT_EQ(seen_.forgotten_early(), 100U);
  client("EHLO x\r\n", 100, 1);
  EXPECT_TRUE(flows_.empty()) << "the oldest gave way";
  client("EHLO x\r\n", 100, 200);
  EXPECT_EQ(flows_.size(), 1U);
}

}  // namespace
}  // namespace postern::wire
