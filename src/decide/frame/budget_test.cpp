// SPDX-License-Identifier: Apache-2.0
#include "decide/frame/budget.h"

#include <cmath>
#include <gtest/gtest.h>

namespace postern::decide::detect {
namespace {

constexpr int32_t kSet = 9'200;

// What the thresholds let through, by the formula of the header.
double false_cases(const Thresholds& t, double acts) {
  const double alone = t.alone_mnat / 1e3;
  const double together = t.together_mnat / 1e3;
  return acts * (2 * std::exp(-alone) + std::exp(-together) * (1 + together));
}

TEST(Budget, SmallNetworksKeepTheScoreThatWasSet) {
  const Budget none;
  EXPECT_EQ(none.thresholds(0, kSet, 1'000), (Thresholds{kSet, kSet, kSet}));
  EXPECT_EQ(none.thresholds(20'000, kSet, 1'000).alone_mnat, kSet);
  EXPECT_EQ(none.thresholds(10'000'000, kSet, 0), (Thresholds{kSet, kSet, kSet})) << "0 = the score alone decides";
}

TEST(Budget, LargeOnesNeedMore) {
  const Budget none;
  const Thresholds t = none.thresholds(100'000, kSet, 1'000);
  EXPECT_EQ(none.acts_a_day(100'000), 2'000U);
  EXPECT_EQ(t.alone_mnat, kSet);
  EXPECT_EQ(t.together_mnat, 10'800);
  EXPECT_LE(false_cases(t, 2'000), 1);
  for (const uint64_t lines : {300'000U, 1'000'000U}) {
    const Thresholds l = none.thresholds(lines, kSet, 1'000);
    EXPECT_LE(false_cases(l, static_cast<double>(lines) / 50), 1) << lines;
    EXPECT_GT(false_cases({kSet, l.alone_mnat - 200, l.together_mnat - 200}, static_cast<double>(lines) / 50), 1);
  }
  // Ten times the cases: 2.3 nats less.
  EXPECT_EQ(
      none.thresholds(10'000'000, kSet, 1'000).together_mnat - none.thresholds(10'000'000, kSet, 10'000).together_mnat,
      2'500);
  EXPECT_LE(none.thresholds(4'000'000'000, kSet, 10).alone_mnat, 11'500) << "one level can always open a case";
}

TEST(Budget, CountsDaysAndMovesByTwoAtMost) {
  Budget budget;
  const auto spend = [&](int64_t day, uint32_t acts) {
    for (uint32_t i = 0; i < acts; ++i) budget.count(Time{days(day).us});
  };
  spend(10, 100);
  EXPECT_EQ(budget.acts_a_day(0), 0U) << "the day is not over";
  spend(11, 10'000);
  EXPECT_EQ(budget.acts_a_day(0), 100U);
  spend(12, 10'000);
  EXPECT_EQ(budget.acts_a_day(0), 200U) << "an outbreak does not raise the bar it is held to";
  spend(13, 1);
  spend(14, 1);
  EXPECT_EQ(budget.acts_a_day(0), 200U);
  EXPECT_EQ(budget.acts_a_day(1'000'000), 20'000U) << "never below what so many lines are expected to do";
}

}  // namespace
}  // namespace postern::decide::detect
