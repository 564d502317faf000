// SPDX-License-Identifier: Apache-2.0
#include "decide/detect/volume/volume.h"

#include <gtest/gtest.h>

namespace postern::decide::detect::volume {
namespace {

model::MailVolume minute_of(uint32_t connections) {
  model::MailVolume m;
  m.connections = connections;
  return m;
}

TEST(Volume, MinutesOverTheLeastAdd) {
  const model::ClassPolicy home;
  Detector::State state;
  EXPECT_EQ(Detector::see(state, minute_of(31), {Time{days(1).us}, &home}), 1'386);
  EXPECT_EQ(Detector::see(state, minute_of(30), {Time{days(1).us}, &home}), 0);
  EXPECT_EQ(Detector::see(state, minute_of(500), {Time{days(1).us}, &home, true}), 0) << "a declared server's limits";
  EXPECT_EQ(Detector::see(state, model::FirstContact{}, {Time{days(1).us}, &home}), 0);
  EXPECT_EQ(Detector::level({5'544, Time{1}}, {Time{1} + minutes(10), &home}), 2'544);
  EXPECT_EQ(Detector::level({5'544, Time{1}}, {Time{1} + minutes(19), &home}), 0);
}

TEST(Volume, WhatIsUsualDoublesADayAtMostAndNotWhileItIsLoud) {
  const model::ClassPolicy home;
  Detector::State state;
  const auto day = [&](int64_t n) { return Context{Time{days(n).us}, &home}; };
  EXPECT_EQ(Detector::see(state, minute_of(200), day(1)), 1'386);
  EXPECT_EQ(state.usual, 7U) << "the first day";
  EXPECT_EQ(Detector::see(state, minute_of(200), day(2)), 1'386);
  EXPECT_EQ(state.usual, 14U);
  EXPECT_EQ(Detector::see(state, minute_of(200), day(2)), 1'386) << "once a day";
  EXPECT_EQ(state.usual, 14U);
  state.level = {9'000, Time{days(3).us}};
  EXPECT_EQ(Detector::see(state, minute_of(200), day(3)), 1'386);
  EXPECT_EQ(state.usual, 14U) << "loud";
  state.level = {};
  for (int64_t n = 4; n < 8; ++n) (void)Detector::see(state, minute_of(200), day(n));
  EXPECT_EQ(state.usual, 200U);
  EXPECT_EQ(Detector::see(state, minute_of(800), day(8)), 0);
}

}  // namespace
}  // namespace postern::decide::detect::volume
