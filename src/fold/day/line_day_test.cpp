// SPDX-License-Identifier: Apache-2.0
#include "fold/day/line_day.h"

#include <gtest/gtest.h>

namespace postern::fold {
namespace {

constexpr model::SubscriberId kLine{7};

model::Observation sum(uint32_t line, Time at, uint64_t blocked) {
  return {0, at, model::LineSum{.line = {line}, .passed = 1, .blocked = blocked}};
}
model::Observation contact(Time at, uint8_t last_byte) {
  return {0, at, model::FirstContact{.line = kLine, .destination = IpAddress::v4(0xc6336400U | last_byte)}};
}

TEST(LineDay, AddsUpADayAndForgetsItAtMidnight) {
  LineDay days;
  const Time noon{hours(12).us};
  days.see(sum(7, noon, 3));
  days.see(sum(7, noon + hours(1), 4));
  EXPECT_EQ(days.of(kLine, noon + hours(2)).blocked, 7U);
  EXPECT_EQ(days.of(kLine, noon + hours(13)).blocked, 0U);
  days.see(sum(7, noon + hours(13), 1));
  EXPECT_EQ(days.of(kLine, noon + hours(13)).blocked, 1U);
}

TEST(LineDay, KeepsTheNewestAttempts) {
  LineDay days;
  for (uint8_t i = 1; i <= 20; ++i) days.see(contact(Time{1000 + i}, i));
  const auto last = days.of(kLine, Time{2000}).last;
  ASSERT_EQ(last.size(), LineDay::kAttemptsKept);
  EXPECT_EQ(to_string(last.front().destination), "198.51.100.20");
}

TEST(LineDay, IsBoundedAndTheSilentOneGoes) {
  LineDay days;
  days.see(sum(1, Time{1}, 5));
  days.see(sum(2, Time{1}, 5));
  days.see(sum(1, Time{2}, 5));
  for (uint32_t i = 10; i < 10 + LineDay::kLinesMax - 1; ++i) days.see(sum(i, Time{3}, 1));
  EXPECT_EQ(days.lines(), LineDay::kLinesMax);
  EXPECT_EQ(days.evicted(), 1U);
  EXPECT_EQ(days.of({1}, Time{3}).blocked, 10U);
  EXPECT_EQ(days.of({2}, Time{3}).blocked, 0U);
}

TEST(LineDay, AddsNothingForLinesNobodyKnows) {
  LineDay days;
  days.see(sum(0, Time{1}, 5));
  EXPECT_EQ(days.lines(), 0U);
}

}  // namespace
}  // namespace postern::fold
