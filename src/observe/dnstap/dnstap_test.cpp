// SPDX-License-Identifier: Apache-2.0
#include "observe/dnstap/dnstap.h"

#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sys/clock.h"
#include "wire/traffic/dnstap/dnstap.h"

namespace postern::observe::dnstap {
namespace {

class DnstapTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = "/tmp/pn-dnstap-" + std::to_string(::getpid());
    std::vector<sys::Fd> listeners;
    listeners.push_back(std::move(*sys::listen_unix(path_, 0600)));
    room_ = std::make_unique<Dnstap>(
        Config{.senders = {}, .lookups_per_s = 3}, loop_, std::move(listeners),
        [](const IpAddress& a) { return fold::MailFlows::Line{.number = a == parse_ip("10.0.0.1").value() ? 7U : 0U}; },
        [this](model::Observation o) { told_.push_back(std::move(o)); }, sys::now);
  }
  void TearDown() override { ::unlink(path_.c_str()); }

  sys::Fd connect() {
    sys::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un a{};
    a.sun_family = AF_UNIX;
    path_.copy(a.sun_path, sizeof a.sun_path - 1);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a), 0);
    return fd;
  }
  static void send(const sys::Fd& fd, const Bytes& bytes) {
    ASSERT_EQ(::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  static Bytes frame(const char* client, uint16_t type, const std::string& name, uint8_t rcode = 0) {
    return wire::encode_frame(wire::encode_dnstap({.at = sys::now(),
                                                   .client = parse_ip(client).value(),
                                                   .type = type,
                                                   .name = name,
                                                   .answered = true,
                                                   .rcode = rcode}));
  }
  template <class F>
  void until(F&& done) {
    while (!done()) loop_.step(milliseconds(100));
  }

  std::string path_;
  sys::Loop loop_;
  std::vector<model::Observation> told_;
  std::unique_ptr<Dnstap> room_;
};

TEST_F(DnstapTest, MailServersNamesOfLinesOnce) {
  const sys::Fd resolver = connect();
  send(resolver, wire::encode_control(wire::kControlReady, wire::kDnstapContent));
  std::array<std::byte, 64> accept{};
  until([&] { return ::recv(resolver.get(), accept.data(), accept.size(), MSG_DONTWAIT) > 0; });
  send(resolver, wire::encode_control(wire::kControlStart, wire::kDnstapContent));
  send(resolver, frame("10.0.0.1", 15, "example.net"));
  send(resolver, frame("10.0.0.1", 15, "example.net"));
  send(resolver, frame("10.0.0.1", 15, "nowhere.example", 3));
  send(resolver, frame("10.0.0.1", 28, "smtp2.example.org"));
  send(resolver, frame("10.0.0.1", 1, "www.example.org"));
  send(resolver, frame("10.0.0.1", 16, "example.org"));
  send(resolver, frame("192.0.2.1", 15, "example.com"));
  send(resolver, frame("10.0.0.1", 15, "one.too.many.example"));
  until([&] { return room_->stats().frames == 8; });
  ASSERT_EQ(told_.size(), 3U);
  const auto lookup = [&](size_t i) { return std::get<model::MailLookup>(told_[i].body); };
  EXPECT_TRUE(lookup(0).mx && !lookup(0).not_there);
  EXPECT_TRUE(lookup(1).mx && lookup(1).not_there);
  EXPECT_FALSE(lookup(2).mx);
  EXPECT_EQ(room_->stats().repeated, 1U);
  EXPECT_EQ(room_->stats().other, 1U);
  EXPECT_EQ(room_->stats().undecoded, 1U);
  EXPECT_EQ(room_->stats().no_line, 1U);
  EXPECT_EQ(room_->stats().over_rate, 1U);
  send(resolver, wire::encode_control(wire::kControlStop, {}));
  until([&] { return room_->open() == 0; });
  EXPECT_EQ(room_->stats().broken, 0U);
}

TEST_F(DnstapTest, WhoBreaksTheProtocolIsClosed) {
  const sys::Fd other = connect();
  send(other, Bytes(64, std::byte{'x'}));
  until([&] { return room_->stats().broken == 1; });
  EXPECT_EQ(room_->open(), 0U);
  EXPECT_TRUE(told_.empty());
  std::vector<sys::Fd> many;
  for (size_t i = 0; i < kSendersMax + 2; ++i) {
    many.push_back(connect());
    until([&] { return room_->stats().connections + room_->stats().senders_full == i + 2; });
  }
  EXPECT_EQ(room_->open(), kSendersMax);
  EXPECT_EQ(room_->stats().senders_full, 2U);
}

}  // namespace
}  // namespace postern::observe::dnstap
