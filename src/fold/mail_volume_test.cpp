// SPDX-License-Identifier: Apache-2.0
#include "fold/mail_volume.h"

#include <gtest/gtest.h>
#include <vector>

namespace postern::fold {
namespace {

const IpAddress kHome = IpAddress::v4(0x0a000001);
const IpAddress kServer = IpAddress::v4(0xc6336419);
const Time kMinute{minutes(1'000).us};

TEST(MailVolumes, TellsOfMinutesThatAreTooFull) {
  std::vector<VolumeMinute> told;
  MailVolumes volumes([&](const VolumeMinute& m) { told.push_back(m); });
  for (uint32_t i = 0; i < 30; ++i) volumes.see(1, kHome, kServer, 587, kMinute + seconds(i));
  for (uint32_t i = 0; i < 50; ++i) volumes.see(2, kHome, kServer, 25, kMinute + seconds(i));
  // Another host of the network is the same network; fifty networks are not one.
  for (uint32_t i = 0; i < 50; ++i) volumes.see(3, kHome, IpAddress::v4(0xc6336400 + i), 25, kMinute + seconds(i));
  for (uint32_t i = 0; i < 50; ++i) volumes.see(4, kHome, IpAddress::v4(i << 8), 25, kMinute + seconds(i));
  EXPECT_TRUE(told.empty()) << "the minute is not over";
  volumes.advance(kMinute + minutes(1));
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].line, 2U);
  EXPECT_EQ(told[0].connections, 50U);
  EXPECT_EQ(told[0].port, 25U);
  EXPECT_EQ(told[0].at, kMinute + seconds(49));
  EXPECT_EQ(told[1].line, 3U);
  volumes.advance(kMinute + minutes(5));
  EXPECT_EQ(told.size(), 2U);
}

TEST(MailVolumes, IsBoundedAndCountsIt) {
  size_t told = 0;
  MailVolumes volumes([&](const VolumeMinute&) { ++told; });
  for (uint32_t i = 0; i < MailVolumes::kPairsMax + 7; ++i) volumes.see(i + 1, kHome, kServer, 25, kMinute);
  EXPECT_EQ(volumes.full(), 7U);
  // Who is in the table is counted on.
  for (uint32_t i = 0; i < 40; ++i) volumes.see(1, kHome, kServer, 25, kMinute);
  volumes.advance(kMinute + minutes(1));
  EXPECT_EQ(told, 1U);
}

}  // namespace
}  // namespace postern::fold
