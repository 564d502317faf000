// SPDX-License-Identifier: Apache-2.0
// With files that grow; the clock is the test's.
#include "observe/dhcp_leases/dhcp_leases.h"

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>

namespace postern::observe::dhcp_leases {
namespace {

namespace fs = std::filesystem;
constexpr int64_t kNow = 1'764'300'000;

class Leases : public testing::Test {
 protected:
  void SetUp() override {
    std::string form = (fs::temp_directory_path() / "postern-dhcp-XXXXXX").string();
    folder_ = ::mkdtemp(form.data());
  }
  void TearDown() override {
    room_.reset();
    fs::remove_all(folder_);
  }
  void start(Config config = {}) {
    if (config.identify.empty()) config.identify = {model::LeaseNameKind::circuit, model::LeaseNameKind::hw};
    config.inside = {parse_prefix("198.51.100.0/24").value()};
    room_ = std::make_unique<DhcpLeases>(
        std::move(config), loop_,
        [this](uint64_t token, model::Observation o) {
          tokens_.push_back(token);
          seen_.push_back(std::move(o));
        },
        [this] { return now_; });
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + "/" + name, std::ios::app) << text;
  }
  static std::string header() {
    return "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context\n";
  }
  static std::string lease(int host, int64_t at, int64_t lifetime = 3'600, int state = 0) {
    return fmt::format("198.51.100.{},02:00:5e:10:00:{:02x},,{},{},1,0,0,,{},\n", host, host, lifetime, at + lifetime,
                       state);
  }
  void give(const std::string& name, bool follow = true) {
    room_->file("kea", false, follow, sys::Fd(::open((folder_ + "/" + name).c_str(), O_RDONLY | O_CLOEXEC)));
  }
  void settle() {
    for (const uint64_t token : std::exchange(tokens_, {})) room_->journaled(token);
  }
  // The room's own timer does the rest.
  void look() {
    bool over = false;
    loop_.after(milliseconds(1'100), [&] { over = true; });
    while (!over) loop_.step(seconds(1));
  }
  // "10@5 -11@7": hosts and seconds from kNow, a minus for what ended.
  std::string told() {
    std::string out;
    for (const model::Observation& o : std::exchange(seen_, {})) {
      const auto& l = std::get<model::LeaseSeen>(o.body);
      out += fmt::format("{}{}{}@{}", out.empty() ? "" : " ", l.ended ? "-" : "", l.prefix.address.bytes[3],
                         o.at.unix_seconds() - kNow);
    }
    return out;
  }

  std::string folder_;
  Time now_ = Time{} + seconds(kNow);
  sys::Loop loop_;
  std::vector<uint64_t> tokens_;
  std::vector<model::Observation> seen_;
  std::unique_ptr<DhcpLeases> room_;
};

TEST_F(Leases, AFileThatGrows) {
  start();
  write("leases", header() + lease(10, kNow - 100));
  give("leases");
  ASSERT_EQ(seen_.size(), 1U);
  const auto& first = std::get<model::LeaseSeen>(seen_[0].body);
  EXPECT_EQ(first.server, "kea");
  EXPECT_EQ(first.names, std::vector<std::string>{"hw:02:00:5e:10:00:0a"});
  EXPECT_EQ(first.lease, hours(1));
  EXPECT_EQ(told(), "10@-100");
  const std::string line = lease(11, kNow - 5);
  write("leases", line.substr(0, 20));
  look();
  EXPECT_EQ(told(), "") << "it has no end yet";
  write("leases", line.substr(20) + lease(12, kNow - 4));
  look();
  EXPECT_EQ(told(), "11@-5 12@-4");
  settle();
  EXPECT_TRUE(room_->caught_up());
}

TEST_F(Leases, AnotherFileComesAfterTheRestOfTheFirst) {
  start();
  write("leases", header() + lease(10, kNow - 100));
  give("leases");
  write("leases", lease(11, kNow - 50));
  write("leases.new", header() + lease(12, kNow - 10));
  give("leases.new");
  look();
  EXPECT_EQ(told(), "10@-100 11@-50 12@-10");
  write("leases.new", lease(13, kNow - 1));
  look();
  EXPECT_EQ(told(), "13@-1");
  EXPECT_EQ(room_->stats().files, 2U);
}

TEST_F(Leases, WhenALeaseEnds) {
  start();
  // In a file that is read late: no sooner than what was written before it.
  write("leases", header() + lease(10, kNow - 900) + lease(11, kNow - 300) + lease(10, kNow - 900, 0) +
                      lease(12, kNow - 7'200, 3'600, 2) + lease(13, kNow - 20, 86'400, 1));
  give("leases");
  EXPECT_EQ(std::get<model::LeaseSeen>(seen_[2].body).heard.unix_seconds(), kNow - 900) << "whose lease it was";
  EXPECT_EQ(told(), "10@-900 11@-300 -10@-300 -12@-3600 -13@-20");
  look();
  write("leases", lease(11, kNow - 300, 0));
  now_ = now_ + seconds(7);
  look();
  EXPECT_EQ(told(), "-11@7") << "it was just written";
}

TEST_F(Leases, WhatIsNotToldOnIsLeftOutAndCounted) {
  start({.identify = {model::LeaseNameKind::circuit}});
  write("leases", header() + lease(10, kNow - 9) + "192.0.2.1,02:00:5e:10:00:01,,60,1764300000,1,0,0,,0,\n" +
                      "rubbish\n" + std::string(70'000, 'x') + "\n");
  give("leases");
  EXPECT_EQ(told(), "");
  EXPECT_EQ(room_->stats().nameless, 1U);
  EXPECT_EQ(room_->stats().outside, 1U);
  EXPECT_EQ(room_->stats().too_long, 1U);
  EXPECT_EQ(room_->faults(wire::KeaFault::fields), 1U);
}

TEST_F(Leases, AClockAheadOfOurs) {
  start();
  write("leases", header() + lease(10, kNow + 500));
  give("leases");
  EXPECT_EQ(told(), "10@0");
  EXPECT_EQ(room_->stats().clock_ahead, 1U);
}

TEST_F(Leases, TheFileWaitsForTheJournalAndNothingIsForgotten) {
  start({.in_flight_max = 3});
  write("leases", header());
  for (int host = 10; host < 20; ++host) write("leases", lease(host, kNow - 100 + host));
  give("leases");
  // A chunk that was read is told to its end; no further one is read before the journal has it.
  EXPECT_EQ(seen_.size(), 10U);
  write("leases", lease(20, kNow - 5));
  look();
  EXPECT_EQ(room_->stats().told_again, 0U);
  EXPECT_EQ(seen_.size(), 10U);
  now_ = now_ + DhcpLeases::kToldAgainAfter;
  look();
  EXPECT_EQ(room_->stats().told_again, 10U);
  settle();
  EXPECT_EQ(seen_.size(), 21U);
  settle();
  EXPECT_EQ(room_->in_flight(), 0U);
}

}  // namespace
}  // namespace postern::observe::dhcp_leases
