// SPDX-License-Identifier: Apache-2.0
#include "decide/frame/pace.h"

#include <gtest/gtest.h>

namespace postern::decide::detect {
namespace {

void spend(Pace& pace, int64_t day, uint32_t contacts, bool loud = false) {
  for (uint32_t i = 0; i < contacts; ++i) pace.count(Time{days(day).us} + seconds(i), loud && i == 0);
}

TEST(Pace, ThreeTimesItsOwnMeanAndTwiceADayAtMost) {
  Pace pace;
  spend(pace, 100, 9'600);  // 400 an hour: 1/l0 = 3 s
  EXPECT_EQ(pace.earned_s, 60U);
  spend(pace, 101, 9'600);
  EXPECT_EQ(pace.earned_s, 30U);
  for (int64_t day = 102; day < 110; ++day) spend(pace, day, 9'600);
  EXPECT_EQ(pace.earned_s, 3U);
  spend(pace, 110, 10);
  EXPECT_EQ(pace.earned_s, 3U) << "the day before";
  spend(pace, 111, 10);
  EXPECT_EQ(pace.earned_s, 6U);
  EXPECT_EQ(pace.every_s, 60U) << "the frame takes it into use";
}

TEST(Pace, NotAfterALoudDayAndNeverSlowerThanUsual) {
  Pace pace;
  spend(pace, 100, 9'600, true);
  spend(pace, 101, 20);
  EXPECT_EQ(pace.earned_s, 60U);
  spend(pace, 102, 20);
  EXPECT_EQ(pace.earned_s, 60U);
}

}  // namespace
}  // namespace postern::decide::detect
