// SPDX-License-Identifier: Apache-2.0
#include "decide/detect/persistence/persistence.h"

#include <gtest/gtest.h>

namespace postern::decide::detect::persistence {
namespace {

TEST(Persistence, OncePerNoticeAndNotBeforeSixHours) {
  const model::ClassPolicy c;
  const Time told{1'000'000};
  Detector::State state;
  const auto see = [&](Time now, Time noticed, bool new_network) {
    return Detector::see(state, model::FirstContact{}, {now, &c, false, new_network, noticed});
  };
  EXPECT_EQ(see(told + days(1), {}, true), 0) << "nobody was told";
  EXPECT_EQ(see(told + hours(6) - seconds(1), told, true), 0);
  EXPECT_EQ(see(told + hours(6), told, false), 0) << "a network it knows";
  EXPECT_EQ(see(told + hours(6), told, true), 6'900);
  EXPECT_EQ(see(told + hours(7), told, true), 0) << "the same notice";
  EXPECT_EQ(see(told + hours(20), told + hours(14), true), 6'900) << "another notice";
  EXPECT_EQ(Detector::see(state, model::LineSum{}, {told + days(2), &c, false, true, told}), 0);
}

}  // namespace
}  // namespace postern::decide::detect::persistence
