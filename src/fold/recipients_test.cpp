// SPDX-License-Identifier: Apache-2.0
#include "fold/recipients.h"

#include <gtest/gtest.h>

namespace postern::fold {
namespace {

uint64_t hash(uint64_t n) {
  n = (n + 1) * 0x9e3779b97f4a7c15ULL;
  n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9ULL;
  return n ^ (n >> 31);
}

TEST(Recipients, NewOnceAndAgainAfterAMonth) {
  Recipients r;
  const uint32_t begin = Recipients::kPeriodSeconds * 100;
  EXPECT_TRUE(r.is_new(hash(1), begin));
  EXPECT_FALSE(r.is_new(hash(1), begin + 1));
  EXPECT_FALSE(r.is_new(hash(1), begin + Recipients::kPeriodSeconds));  // remembered anew by being written to
  EXPECT_FALSE(r.is_new(hash(1), begin + 2 * Recipients::kPeriodSeconds));
  EXPECT_TRUE(r.is_new(hash(1), begin + 4 * Recipients::kPeriodSeconds));
}

TEST(Recipients, FreshOnceForADayOrTwo) {
  Recipients r;
  const uint32_t begin = 86'400 * 1'500;
  EXPECT_FALSE(r.take_fresh(hash(1), begin));
  EXPECT_TRUE(r.is_new(hash(1), begin));
  EXPECT_TRUE(r.is_new(hash(2), begin));
  EXPECT_TRUE(r.take_fresh(hash(1), begin + 86'400));
  EXPECT_FALSE(r.take_fresh(hash(1), begin + 86'400));
  EXPECT_FALSE(r.take_fresh(hash(2), begin + 2 * 86'400));
}

TEST(Recipients, OfTwoHundredMostAreSeenAsNew) {
  Recipients r;
  uint32_t fresh = 0;
  for (uint64_t i = 0; i < 200; ++i) fresh += r.is_new(hash(i), 86'400) ? 1 : 0;
  EXPECT_GT(fresh, 185U);
  for (uint64_t i = 0; i < 200; ++i) EXPECT_FALSE(r.is_new(hash(i), 86'400));
}

}  // namespace
}  // namespace postern::fold
