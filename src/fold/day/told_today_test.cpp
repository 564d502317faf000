// SPDX-License-Identifier: Apache-2.0
#include "fold/day/told_today.h"

#include <gtest/gtest.h>

namespace postern::fold {
namespace {

const Time kNoon = Time{} + days(20'000) + hours(12);

TEST(ToldToday, OnceALineAndDay) {
  ToldToday told;
  EXPECT_EQ(told.see(1, kNoon), News::fresh);
  EXPECT_EQ(told.see(1, kNoon + hours(11)), News::again);
  EXPECT_EQ(told.see(2, kNoon), News::fresh);
  EXPECT_EQ(told.see(1, kNoon + hours(12)), News::fresh);
  EXPECT_EQ(told.see(1, kNoon), News::again) << "late news of yesterday";
}

TEST(ToldToday, OnceInSoManyDays) {
  ToldToday told(7);
  EXPECT_EQ(told.see(1, Time{} + days(7 * 2'857)), News::fresh);
  EXPECT_EQ(told.see(1, Time{} + days(7 * 2'857 + 6)), News::again);
  EXPECT_EQ(told.see(1, Time{} + days(7 * 2'857 + 7)), News::fresh);
}

TEST(ToldToday, IsBounded) {
  ToldToday told;
  for (uint32_t line = 1; line <= ToldToday::kLinesMax; ++line) EXPECT_EQ(told.see(line, kNoon), News::fresh);
  EXPECT_EQ(told.see(ToldToday::kLinesMax + 1, kNoon), News::full);
  EXPECT_EQ(told.see(ToldToday::kLinesMax + 2, kNoon), News::still_full);
  EXPECT_EQ(told.untold(), 2U);
  EXPECT_EQ(told.told(), ToldToday::kLinesMax);
  EXPECT_EQ(told.see(1, kNoon), News::again);
  EXPECT_EQ(told.lines(), ToldToday::kLinesMax);
  EXPECT_EQ(told.see(ToldToday::kLinesMax + 1, kNoon + days(1)), News::fresh);
  for (uint32_t line = 1; line < ToldToday::kLinesMax; ++line) EXPECT_EQ(told.see(line, kNoon + days(1)), News::fresh);
  EXPECT_EQ(told.see(ToldToday::kLinesMax, kNoon + days(1)), News::full) << "said again of another day";
}

}  // namespace
}  // namespace postern::fold
