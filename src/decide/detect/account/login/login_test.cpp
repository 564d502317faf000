// SPDX-License-Identifier: Apache-2.0
#include "decide/detect/account/login/login.h"

#include <gtest/gtest.h>

namespace postern::decide::detect::account::login {
namespace {

const model::ClassPolicy kClass;
const Time kNow = Time{} + days(20'000);

model::AccountUse from(uint16_t country, uint32_t as, std::array<int16_t, 3> km = {}, uint32_t line = 0) {
  model::AccountUse use{.account = "a", .source = IpAddress::v4(0x0a000001), .line = {line}};
  use.place = {as, country, km};
  use.recipients = 1;
  return use;
}

TEST(AccountLogin, TheThirdCountryWithinTheHour) {
  Detector::State state;
  const auto at = [](int64_t m) { return Context{kNow + minutes(m), &kClass}; };
  EXPECT_EQ(Detector::see(state, from(1, 0), at(0)), 0);
  EXPECT_EQ(Detector::see(state, from(2, 0), at(1)), 0);
  EXPECT_EQ(Detector::see(state, from(1, 0), at(2)), 0);
  EXPECT_EQ(Detector::see(state, from(3, 0), at(3)), 4'600);
  EXPECT_EQ(Detector::see(state, from(3, 0), at(4)), 0);
  EXPECT_EQ(Detector::see(state, from(4, 0), at(5)), 2'300);
  EXPECT_EQ(Detector::see(state, from(5, 0), at(120)), 0);
}

TEST(AccountLogin, FartherThanAnybodyFlies) {
  Detector::State state;
  const std::array<int16_t, 3> here{6'371, 0, 0};
  const std::array<int16_t, 3> there{0, 6'371, 0};  // 9,010 km straight
  EXPECT_EQ(Detector::see(state, from(1, 0, here), {kNow, &kClass}), 0);
  EXPECT_EQ(Detector::see(state, from(2, 0, there), {kNow + hours(10), &kClass}), 0);
  EXPECT_EQ(Detector::see(state, from(1, 0, here), {kNow + hours(11), &kClass}), 2'300);
}

TEST(AccountLogin, GuessesAloneAddNothingUntilANewNetworkGetsIn) {
  Detector::State state;
  EXPECT_EQ(Detector::see(state, from(1, 100), {kNow, &kClass}), 0);
  model::AccountUse guesses{.account = "a"};
  guesses.login_failures = 5'000;
  EXPECT_EQ(Detector::see(state, guesses, {kNow + minutes(1), &kClass}), 0);
  EXPECT_EQ(Detector::see(state, from(1, 100), {kNow + minutes(2), &kClass}), 0);
  EXPECT_EQ(Detector::see(state, from(1, 200), {kNow + minutes(3), &kClass}), 2'300 + 2'300);
  EXPECT_EQ(Detector::see(state, from(1, 300), {kNow + minutes(4), &kClass}), 2'300);
}

TEST(AccountLogin, ALineOfSomebodyElseOnceAndManyLines) {
  Detector::State state;
  const auto at = [](int64_t m) { return Context{.now = kNow + minutes(m), .line_class = &kClass, .line = {7}}; };
  EXPECT_EQ(Detector::see(state, from(1, 0, {}, 7), at(0)), 0);
  EXPECT_EQ(Detector::see(state, from(1, 0, {}, 8), at(1)), 2'300);
  EXPECT_EQ(Detector::see(state, from(1, 0, {}, 8), at(2)), 0);
  EXPECT_EQ(Detector::see(state, from(1, 0, {}, 9), at(3)), 2'300);
  EXPECT_EQ(Detector::see(state, from(1, 0, {}, 10), at(4)), 2'300 + 4'600);
  // Whose account it is nobody knows.
  Detector::State nobodys;
  EXPECT_EQ(Detector::see(nobodys, from(1, 0, {}, 8), {kNow, &kClass}), 0);
}

TEST(AccountLogin, HoneyAndHalvingByTheDay) {
  Detector::State state;
  model::AccountUse use = from(1, 1);
  use.honey = true;
  EXPECT_EQ(Detector::see(state, use, {kNow, &kClass}), 4'600);
  EXPECT_EQ(Detector::level({4'600, kNow}, {kNow + hours(24), &kClass}), 2'300);
}

}  // namespace
}  // namespace postern::decide::detect::account::login
