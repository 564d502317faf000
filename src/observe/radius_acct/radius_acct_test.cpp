// SPDX-License-Identifier: Apache-2.0
#include "observe/radius_acct/radius_acct.h"

#include <atomic>
#include <cstdlib>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <thread>

#include "sys/clock.h"
#include "sys/udp.h"
#include "tests/support/skip.h"

namespace postern::observe::radius_acct {
namespace {

const Endpoint kAnyPort = *parse_endpoint("127.0.0.1:0");

// The room on a loopback socket, a brain that journals when told, and a raw client.
class Bench {
 public:
  explicit Bench(Config config = {}, const char* listen = "127.0.0.1:0") {
    if (config.clients.empty()) config.clients.push_back({.from = *parse_prefix("127.0.0.1"), .secret = "s3cret"});
    auto socket = sys::bind_udp(*parse_endpoint(listen));
    EXPECT_TRUE(socket);
    at_ = sys::local_of(socket->get());
    std::vector<sys::Fd> sockets;
    sockets.push_back(std::move(*socket));
    room_ = std::make_unique<RadiusAcct>(
        std::move(config), loop_, std::move(sockets),
        [this](uint64_t token, model::Observation o) {
          tokens_.push_back(token);
          seen_.push_back(std::get<model::SessionEvent>(o.body));
          times_.push_back(o.at);
          if (journal_at_once_) room_->journaled(token);
        },
        [this] { return now_ ? now_ : sys::now(); });
  }

  void send(const Bytes& packet, const sys::Fd& from) { ASSERT_TRUE(sys::send(from.get(), {}, at_, packet)); }
  void run(Duration longest = milliseconds(20)) { loop_.step(longest); }
  // What the client receives within a moment; empty = nothing.
  Bytes answer(const sys::Fd& from, Endpoint* source = nullptr) {
    Bytes buffer(4096);
    for (int i = 0; i < 5; ++i) {
      run(milliseconds(5));
      const auto d = sys::receive(from.get(), buffer);
      if (!d || !*d) continue;
      buffer.resize((*d)->octets);
      if (source != nullptr) *source = (*d)->from;
      return buffer;
    }
    return {};
  }
  // Exit code of radclient, which checks the answer's authenticator itself.
  int radclient(const std::string& attributes, const std::string& secret = "s3cret", int retries = 3) {
    std::atomic<bool> done = false;
    int status = -1;
    std::thread peer([&] {
      status = std::system(fmt::format("printf '%s' '{}' | radclient -t 1 -r {} {} acct {} >/dev/null 2>&1", attributes,
                                       retries, to_string(at_), secret)
                               .c_str());
      done = true;
    });
    while (!done) {
      run();
      if (journal_after_ && !seen_.empty() && room_->stats().duplicate_in_flight >= journal_after_) {
        room_->journaled(tokens_.front());
        journal_after_ = 0;
      }
    }
    peer.join();
    return WEXITSTATUS(status);
  }

  sys::Loop loop_;
  Endpoint at_;
  std::unique_ptr<RadiusAcct> room_;
  bool journal_at_once_ = true;
  uint64_t journal_after_ = 0;  // duplicates
  Time now_;                    // 0 = the real one
  std::vector<uint64_t> tokens_;
  std::vector<model::SessionEvent> seen_;
  std::vector<Time> times_;
};

wire::RadiusAccounting start(uint8_t id) {
  return {.id = id, .status = wire::AcctStatus::start, .user_name = "cust-1", .session_id = "S", .nas_identifier = "n"};
}
Bytes packet(uint8_t id, std::string_view secret = "s3cret") {
  return wire::encode_accounting_request(start(id), secret, true);
}

bool has_radclient() { return std::system("command -v radclient >/dev/null") == 0; }

TEST(RadiusAcct, RadclientLivesThroughASession) {
  if (!has_radclient()) PN_SKIP("radclient (freeradius-utils) is not installed");
  Bench b;
  const std::string who = "User-Name=cust-1001\nAcct-Session-Id=5F3A\nNAS-Identifier=bng1\nNAS-Port-Id=sub1\n";
  EXPECT_EQ(b.radclient(who + "Acct-Status-Type=Start\nClass=residential\nFramed-IP-Address=100.64.1.1\n"), 0);
  EXPECT_EQ(b.radclient(who + "Acct-Status-Type=Interim-Update\nDelegated-IPv6-Prefix=2001:db8:1100::/56\n"), 0);
  EXPECT_EQ(b.radclient(who + "Acct-Status-Type=Stop\nAcct-Delay-Time=7\nMessage-Authenticator=0x00\n"), 0);
  EXPECT_EQ(b.radclient("Acct-Status-Type=Accounting-Off\nNAS-Identifier=bng1\n"), 0);
  EXPECT_EQ(b.radclient("Acct-Status-Type=Accounting-On\nNAS-Identifier=bng1\n"), 0);
  ASSERT_EQ(b.seen_.size(), 5U);
  using enum model::SessionEventKind;
  const std::array kinds{start, interim, stop, nas_off, nas_on};
  for (size_t i = 0; i < kinds.size(); ++i) EXPECT_EQ(b.seen_[i].kind, kinds[i]) << i;
  EXPECT_EQ(b.seen_[0].line_key, "cust-1001");
  EXPECT_EQ(b.seen_[0].session_key, "5F3A");
  EXPECT_EQ(b.seen_[0].nas, "bng1");
  EXPECT_EQ(b.seen_[0].access, "sub1");
  EXPECT_EQ(b.seen_[0].class_name, "residential");
  ASSERT_EQ(b.seen_[0].prefixes.size(), 1U);
  EXPECT_EQ(to_string(b.seen_[0].prefixes[0]), "100.64.1.1/32");
  ASSERT_EQ(b.seen_[1].prefixes.size(), 1U);
  EXPECT_EQ(to_string(b.seen_[1].prefixes[0]), "2001:db8:1100::/56");
  const Duration late = sys::now() - b.times_[2];
  EXPECT_GE(late, seconds(7));
  EXPECT_LT(late, seconds(60));
  EXPECT_EQ(b.room_->stats().acknowledged, 5U);
}

TEST(RadiusAcct, RadclientOverIpv6) {
  if (!has_radclient()) PN_SKIP("radclient (freeradius-utils) is not installed");
  Bench b({.clients = {{.from = *parse_prefix("::1"), .secret = "s3cret"}}}, "[::1]:0");
  EXPECT_EQ(b.radclient("Acct-Status-Type=Accounting-On\nNAS-IPv6-Address=2001:db8::1\n"), 0);
  ASSERT_EQ(b.seen_.size(), 1U);
  EXPECT_EQ(b.seen_[0].nas, "2001:db8::1");
}

TEST(RadiusAcct, NotAnsweredBeforeItIsJournaledAndRetransmissionsAreSwallowed) {
  if (!has_radclient()) PN_SKIP("radclient (freeradius-utils) is not installed");
  Bench b;
  b.journal_at_once_ = false;
  b.journal_after_ = 2;
  EXPECT_EQ(b.radclient("Acct-Status-Type=Start\nAcct-Session-Id=S\n", "s3cret", 5), 0);
  EXPECT_EQ(b.seen_.size(), 1U);
  EXPECT_EQ(b.room_->stats().duplicate_in_flight, 2U);
  EXPECT_EQ(b.room_->stats().acknowledged, 1U);
  EXPECT_EQ(b.room_->in_flight(), 0U);
}

TEST(RadiusAcct, WrongSecretIsSilentOutsideAndNamedInside) {
  if (!has_radclient()) PN_SKIP("radclient (freeradius-utils) is not installed");
  Bench b;
  ::testing::internal::CaptureStderr();
  EXPECT_NE(b.radclient("Acct-Status-Type=Start\nAcct-Session-Id=S\n", "other", 1), 0);
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("RADIUS_WRONG_SECRET"), std::string::npos) << log;
  EXPECT_NE(log.find("127.0.0.1:"), std::string::npos) << log;
  EXPECT_EQ(b.room_->stats().wrong_secret, 1U);
  EXPECT_TRUE(b.seen_.empty());
}

TEST(RadiusAcct, DuplicateAfterTheAnswerIsAnsweredAgainAndNotEmitted) {
  Bench b;
  const auto client = sys::bind_udp(kAnyPort);
  b.send(packet(7), *client);
  const Bytes first = b.answer(*client);
  ASSERT_EQ(first.size(), wire::kRadiusHeaderOctets);
  b.send(packet(7), *client);
  EXPECT_EQ(b.answer(*client), first);
  EXPECT_EQ(b.seen_.size(), 1U);
  EXPECT_EQ(b.room_->stats().duplicate_answered, 1U);
  // The same bytes from another port are another request (RFC 5080 section 2.2.2).
  const auto other = sys::bind_udp(kAnyPort);
  b.send(packet(7), *other);
  EXPECT_FALSE(b.answer(*other).empty());
  EXPECT_EQ(b.seen_.size(), 2U);
}

TEST(RadiusAcct, AnAnsweredRequestIsForgottenAfterItsWindow) {
  Bench b({.duplicate_window = seconds(60)});
  b.now_ = Time{days(20'000).us};
  const auto client = sys::bind_udp(kAnyPort);
  b.send(packet(7), *client);
  EXPECT_FALSE(b.answer(*client).empty());
  b.now_ = b.now_ + seconds(61);
  for (int i = 0; i < 30; ++i) b.run(milliseconds(50));  // the room's timer
  b.send(packet(7), *client);
  EXPECT_FALSE(b.answer(*client).empty());
  EXPECT_EQ(b.seen_.size(), 2U);
}

TEST(RadiusAcct, BrokenPacketsAreNamedWithClientAndReason) {
  Bench b;
  const auto client = sys::bind_udp(kAnyPort);
  Bytes bent = packet(1);
  bent[20] = std::byte{1};  // Acct-Status-Type becomes a User-Name
  wire::sign_accounting_request(bent, "s3cret");
  ::testing::internal::CaptureStderr();
  b.send(bent, *client);
  b.send(Bytes(5), *client);
  EXPECT_TRUE(b.answer(*client).empty());
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("User-Name (1) at octet"), std::string::npos) << log;
  EXPECT_NE(log.find("5 octets are no RADIUS packet"), std::string::npos) << log;
  EXPECT_NE(log.find(to_string(sys::local_of(client->get()))), std::string::npos) << log;
  EXPECT_EQ(b.room_->stats().broken, 2U);
}

TEST(RadiusAcct, UnknownClientsAreNamedAndNotAnswered) {
  Bench b({.clients = {{.from = *parse_prefix("192.0.2.0/24"), .secret = "s3cret"}}});
  const auto client = sys::bind_udp(kAnyPort);
  ::testing::internal::CaptureStderr();
  b.send(packet(1), *client);
  EXPECT_TRUE(b.answer(*client).empty());
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("RADIUS_UNKNOWN_CLIENT"), std::string::npos) << log;
  EXPECT_NE(log.find("127.0.0.1"), std::string::npos) << log;
  EXPECT_EQ(b.room_->stats().unknown_client, 1U);
}

TEST(RadiusAcct, TheLongestClientPrefixGivesTheSecret) {
  Bench b({.clients = {{.from = *parse_prefix("127.0.0.0/8"), .secret = "wide"},
                       {.from = *parse_prefix("127.0.0.1"), .secret = "narrow"}}});
  const auto client = sys::bind_udp(kAnyPort);
  b.send(packet(1, "wide"), *client);
  EXPECT_TRUE(b.answer(*client).empty());
  b.send(packet(1, "narrow"), *client);
  EXPECT_FALSE(b.answer(*client).empty());
}

TEST(RadiusAcct, BeyondTheInFlightBoundRequestsAreLeftToBeSentAgain) {
  Bench b({.in_flight_max = 2});
  b.journal_at_once_ = false;
  const auto client = sys::bind_udp(kAnyPort);
  for (uint8_t id = 0; id < 5; ++id) b.send(packet(id), *client);
  EXPECT_TRUE(b.answer(*client).empty());
  EXPECT_EQ(b.seen_.size(), 2U);
  EXPECT_EQ(b.room_->stats().in_flight_full, 3U);
  b.room_->journaled(b.tokens_[0]);
  EXPECT_FALSE(b.answer(*client).empty());
  b.send(packet(4), *client);
  b.run();
  EXPECT_EQ(b.seen_.size(), 3U);
}

TEST(RadiusAcct, AFloodOfOneClientIsBounded) {
  Bench b(
      {.clients = {{.from = *parse_prefix("127.0.0.1"), .secret = "s3cret", .packets_per_s = 10, .packets_burst = 5}}});
  b.now_ = Time{days(20'000).us};
  const auto client = sys::bind_udp(kAnyPort);
  for (uint8_t id = 0; id < 50; ++id) b.send(packet(id), *client);
  b.run();
  EXPECT_EQ(b.seen_.size(), 5U);
  EXPECT_EQ(b.room_->stats().over_rate, 45U);
  b.now_ = b.now_ + milliseconds(200);
  for (uint8_t id = 100; id < 110; ++id) b.send(packet(id), *client);
  b.run();
  EXPECT_EQ(b.seen_.size(), 7U);
}

TEST(RadiusAcct, ABrainThatIsGoneOwesNothing) {
  Bench b;
  b.journal_at_once_ = false;
  const auto client = sys::bind_udp(kAnyPort);
  b.send(packet(1), *client);
  b.run();
  ASSERT_EQ(b.seen_.size(), 1U);
  b.room_->forget_in_flight();
  b.journal_at_once_ = true;
  b.send(packet(1), *client);
  EXPECT_FALSE(b.answer(*client).empty());
  EXPECT_EQ(b.seen_.size(), 2U);
  b.room_->journaled(b.tokens_[0]);  // late: of the old brain
  EXPECT_EQ(b.room_->stats().unknown_token, 1U);
}

TEST(RadiusAcct, ARequestNobodyJournalsIsTakenAgainAfterItsTime) {
  Bench b({.in_flight_time = seconds(10)});
  b.now_ = Time{days(20'000).us};
  b.journal_at_once_ = false;
  const auto client = sys::bind_udp(kAnyPort);
  b.send(packet(1), *client);
  b.run();
  b.now_ = b.now_ + seconds(11);
  for (int i = 0; i < 30; ++i) b.run(milliseconds(50));
  EXPECT_EQ(b.room_->in_flight(), 0U);
  EXPECT_EQ(b.room_->stats().lost_in_flight, 1U);
  b.send(packet(1), *client);
  b.run();
  EXPECT_EQ(b.seen_.size(), 2U);
}

TEST(RadiusAcct, TheMemoryOfAnswersIsBounded) {
  Bench b({.dedup_entries_max = 3});
  const auto client = sys::bind_udp(kAnyPort);
  for (uint8_t id = 0; id < 4; ++id) {
    b.send(packet(id), *client);
    EXPECT_FALSE(b.answer(*client).empty());
  }
  EXPECT_EQ(b.room_->stats().duplicates_evicted, 1U);
  b.send(packet(3), *client);  // remembered
  EXPECT_FALSE(b.answer(*client).empty());
  EXPECT_EQ(b.seen_.size(), 4U);
  b.send(packet(0), *client);  // forgotten
  EXPECT_FALSE(b.answer(*client).empty());
  EXPECT_EQ(b.seen_.size(), 5U);
}

TEST(RadiusAcct, AWildcardSocketAnswersFromTheAddressThatWasAsked) {
  Bench b({}, "0.0.0.0:0");
  const auto client = sys::bind_udp(kAnyPort);
  b.at_.address = *parse_ip("127.0.0.2");
  b.send(packet(1), *client);
  Endpoint source;
  EXPECT_FALSE(b.answer(*client, &source).empty());
  EXPECT_EQ(source, b.at_);
}

TEST(RadiusAcct, WhatSaysNothingOfSessionsIsAnsweredAtOnce) {
  Bench b;
  b.journal_at_once_ = false;
  const auto client = sys::bind_udp(kAnyPort);
  b.send(wire::encode_accounting_request({.id = 3, .status = wire::AcctStatus::other}, "s3cret", false), *client);
  EXPECT_FALSE(b.answer(*client).empty());
  EXPECT_TRUE(b.seen_.empty());
  EXPECT_EQ(b.room_->stats().not_of_sessions, 1U);
}

}  // namespace
}  // namespace postern::observe::radius_acct
