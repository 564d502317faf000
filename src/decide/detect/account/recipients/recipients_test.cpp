// SPDX-License-Identifier: Apache-2.0
#include "decide/detect/account/recipients/recipients.h"

#include <gtest/gtest.h>

namespace postern::decide::detect::account::recipients {
namespace {

const model::ClassPolicy kClass;
const Time kNow = Time{} + days(20'000);

model::AccountUse fresh(uint32_t n) {
  model::AccountUse use{.account = "a"};
  use.recipients = n + 1;
  use.new_recipients = n;
  return use;
}

TEST(AccountRecipients, NinetyNatsAnHourDrainAway) {
  EXPECT_EQ(Detector::level({90'000, kNow}, {kNow + minutes(30), &kClass}), 45'000);
  EXPECT_EQ(Detector::level({90'000, kNow}, {kNow + hours(1), &kClass}), 0);
  EXPECT_EQ(Detector::level({90'000, kNow}, {kNow + days(4'000), &kClass}), 0);
}

TEST(AccountRecipients, EachNewOneAddsAndOldOnesDoNot) {
  Detector::State state;
  EXPECT_EQ(Detector::see(state, fresh(7), {kNow, &kClass}), 7 * 1'386);
  EXPECT_EQ(Detector::see(state, fresh(0), {kNow + seconds(1), &kClass}), 0);
}

TEST(AccountRecipients, ItsOwnRateIsLearnedByTheDayAndNotWhileItIsHigh) {
  Detector::State state;
  for (int day = 0; day < 30; ++day) (void)Detector::see(state, fresh(480), {kNow + days(day), &kClass});
  // At most doubled from day to day, then near its 480 a day, 20 an hour: 30 more than the usual 30.
  EXPECT_GT(state.own_mill, 440'000U);
  const int32_t hour_later = Detector::see(state, fresh(0), {kNow + days(29) + hours(1), &kClass});
  EXPECT_LT(hour_later, -60'000);
  EXPECT_GE(hour_later, -90'000);

  Detector::State stolen;
  for (int day = 0; day < 30; ++day) {
    stolen.level = {50'000, kNow + days(day)};
    (void)Detector::see(stolen, fresh(480), {kNow + days(day), &kClass});
  }
  EXPECT_EQ(stolen.own_mill, 0U);
}

}  // namespace
}  // namespace postern::decide::detect::account::recipients
