// SPDX-License-Identifier: Apache-2.0
#include "fold/port_scans.h"

#include <gtest/gtest.h>
#include <vector>

namespace postern::fold {
namespace {

constexpr Time kMinute{minutes(1'000).us};

model::Flow syn(uint32_t host, uint16_t port, Time at) {
  model::Flow flow;
  flow.begin = flow.end = at;
  flow.source = IpAddress::v4(0x0a000001);
  flow.destination = IpAddress::v4(0x96000000 + host);
  flow.destination_port = port;
  flow.protocol = 6;
  flow.tcp_flags = 2;
  return flow;
}

TEST(PortScans, OnlyWhatNobodyAnswered) {
  EXPECT_TRUE(PortScans::is_unanswered(6, 40'000, 445, 2));
  EXPECT_TRUE(PortScans::is_unanswered(6, 40'000, 445, 6)) << "given up with a reset";
  EXPECT_FALSE(PortScans::is_unanswered(6, 40'000, 445, 0x12));
  EXPECT_FALSE(PortScans::is_unanswered(6, 40'000, 445, 4)) << "the answer of a closed port";
  EXPECT_FALSE(PortScans::is_unanswered(17, 40'000, 445, 2));
  EXPECT_FALSE(PortScans::is_unanswered(6, 40'000, 25, 2)) << "mail";
}

TEST(PortScans, TenHostsAreAStep) {
  std::vector<ScanStep> told;
  PortScans scans([&](const ScanStep& s) { told.push_back(s); });
  for (uint32_t i = 0; i < 9; ++i) scans.see(1, syn(i, 445, kMinute + seconds(i)));
  for (uint32_t i = 0; i < 9; ++i) scans.see(1, syn(i, 445, kMinute + seconds(9)));  // retries
  for (uint32_t i = 0; i < 9; ++i) scans.see(1, syn(100 + i, 23, kMinute + seconds(9)));
  for (uint32_t i = 0; i < 9; ++i) scans.see(2, syn(200 + i, 445, kMinute + seconds(9)));
  EXPECT_TRUE(told.empty());
  scans.see(1, syn(9, 445, kMinute + seconds(10)));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].line, 1U);
  EXPECT_EQ(told[0].port, 445U);
  EXPECT_EQ(told[0].at, kMinute + seconds(10));
  for (uint32_t i = 10; i < 500; ++i) scans.see(1, syn(i, 445, kMinute + seconds(11)));
  EXPECT_EQ(told.size(), 6U) << "more says nothing more";
  for (uint32_t i = 0; i < 20; ++i) {
    model::Flow sampled = syn(i, 23, kMinute + seconds(12));
    sampled.sampling = 100;
    scans.see(3, sampled);
  }
  EXPECT_EQ(told.size(), 6U);
  // Another minute begins at nothing.
  for (uint32_t i = 0; i < 9; ++i) scans.see(1, syn(i, 445, kMinute + minutes(1)));
  EXPECT_EQ(told.size(), 6U);
}

TEST(PortScans, PeersThatAnswerOutweighThoseThatAreGone) {
  std::vector<ScanStep> told;
  PortScans scans([&](const ScanStep& s) { told.push_back(s); });
  const auto answer = [&](uint32_t line, uint32_t host, Time at) {
    model::Flow flow = syn(host, 6'881, at);
    flow.tcp_flags = 0x1b;
    scans.see_answered(line, flow);
  };
  for (uint32_t i = 0; i < 4; ++i) scans.see(1, syn(i, 6'881, kMinute));
  EXPECT_FALSE(scans.suspects().test(6'881));
  scans.see(1, syn(4, 6'881, kMinute));
  EXPECT_TRUE(scans.suspects().test(6'881));
  answer(1, 100, kMinute + seconds(1));
  answer(1, 100, kMinute + seconds(2));  // the same one
  for (uint32_t i = 5; i < 17; ++i) scans.see(1, syn(i, 6'881, kMinute + seconds(3)));
  EXPECT_TRUE(told.empty());
  scans.see(1, syn(17, 6'881, kMinute + seconds(4)));
  EXPECT_EQ(told.size(), 1U) << "eighteen did not, one did";
  answer(2, 100, kMinute + seconds(5));  // of a line that met nobody who is silent
  for (uint32_t i = 0; i < 60; ++i) scans.see(3, syn(i, 6'881, kMinute + seconds(6)));
  EXPECT_EQ(told.size(), 7U);
  scans.see(1, syn(0, 23, kMinute + minutes(1)));
  EXPECT_FALSE(scans.suspects().test(6'881));
  for (uint32_t i = 0; i < 9; ++i) scans.see(1, syn(i, 443, kMinute + minutes(1)));
  EXPECT_FALSE(scans.suspects().test(443)) << "the web";
}

TEST(PortScans, IsBoundedAndCountsIt) {
  PortScans scans([](const ScanStep&) {});
  for (uint32_t i = 0; i < PortScans::kPairsMax + 3; ++i)
    for (const uint32_t host : {1U, 2U}) scans.see(i + 1, syn(host, 445, kMinute));
  EXPECT_EQ(scans.full(), 3U);
}

// A network of a million lines, most of which miss somebody once: who scans among them is found.
TEST(PortScans, LinesThatMissOneHostTakeNoRoomFromWhoScans) {
  std::vector<ScanStep> told;
  PortScans scans([&](const ScanStep& s) { told.push_back(s); });
  for (uint32_t i = 0; i < 1'000'000; ++i) {
    scans.see(2 + i, syn(i, 443, kMinute + microseconds(10 * i)));
    if (i % 10'000 == 0) scans.see(1, syn(i, 445, kMinute + microseconds(10 * i)));
  }
  EXPECT_EQ(scans.full(), 0U);
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told[0].line, 1U);
}

}  // namespace
}  // namespace postern::fold
