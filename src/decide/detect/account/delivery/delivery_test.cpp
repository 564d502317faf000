// SPDX-License-Identifier: Apache-2.0
#include "decide/detect/account/delivery/delivery.h"

#include <gtest/gtest.h>

namespace postern::decide::detect::account::delivery {
namespace {

const model::ClassPolicy kClass;
const Time kNow = Time{} + days(20'000);

TEST(AccountDelivery, FinalWordsAddAndTakeAway) {
  const Context context{kNow, &kClass};
  Detector::State state;
  model::AccountUse use{.account = "a"};
  EXPECT_EQ(Detector::see(state, use, context), 0);
  use.failed = 3;
  EXPECT_EQ(Detector::see(state, use, context), 6'240);
  use.delivered = 2;
  EXPECT_EQ(Detector::see(state, use, context), 5'320);
  use.failed = 0;
  EXPECT_EQ(Detector::see(state, use, context), -920);
  EXPECT_EQ(Detector::see(state, model::FirstContact{}, context), 0);
}

// Seven of eight recipients of one message took it: the eighth was on the level nevertheless when it came.
TEST(AccountDelivery, AFailureIsSeenThoughTheRestOfItsMessageArrived) {
  const Context context{kNow, &kClass};
  Detector::State state;
  const model::AccountUse use{.account = "a", .delivered = 7, .failed = 1};
  EXPECT_EQ(Detector::see(state, use, context), 2'080);
  state.level = {2'080, kNow};
  EXPECT_EQ(Detector::see(state, use, context), 0);
  state.level = {9'200, kNow};
  EXPECT_EQ(Detector::see(state, use, context), 2'080 - 7 * 460);
  // Not more than one: in which order five of a hundred failed is not known.
  state.level = {};
  EXPECT_EQ(Detector::see(state, model::AccountUse{.account = "a", .delivered = 95, .failed = 5}, context), 2'080);
}

TEST(AccountDelivery, ADayOfSilenceForgets) {
  EXPECT_EQ(Detector::level({9'000, kNow}, {kNow + hours(23), &kClass}), 9'000);
  EXPECT_EQ(Detector::level({9'000, kNow}, {kNow + hours(24), &kClass}), 0);
}

}  // namespace
}  // namespace postern::decide::detect::account::delivery
