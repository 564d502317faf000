// SPDX-License-Identifier: Apache-2.0
#include "decide/detect/dark/dark.h"

#include <gtest/gtest.h>

namespace postern::decide::detect::dark {
namespace {

TEST(Dark, HalvesEveryDayExactly) {
  const model::ClassPolicy c;
  const auto after = [&](Duration d) { return Detector::level({9'200, Time{1}}, {Time{1} + d, &c}); };
  EXPECT_EQ(after({}), 9'200);
  EXPECT_EQ(after(hours(12)), 6'900);
  EXPECT_EQ(after(hours(24)), 4'600);
  EXPECT_EQ(after(hours(48)), 2'300);
  EXPECT_EQ(after(days(31)), 0);
  int32_t last = 9'200;
  for (int64_t m = 0; m < 60 * 72; ++m) {
    EXPECT_LE(after(minutes(m)), last);
    last = after(minutes(m));
  }
}

// DETECTION.md: 4.6 and 4.6 are the 9.2 of a case. What the first has lost since must not stand between them.
TEST(Dark, TwoWithinMinutesAreACase) {
  const model::ClassPolicy c;
  const auto after = [&](Duration d) {
    return Detector::level({kAddressMnat, Time{1}}, {Time{1} + d, &c}) + kAddressMnat;
  };
  EXPECT_GE(after(seconds(1)), 9'200);
  EXPECT_GE(after(minutes(6)), 9'200);
  EXPECT_LT(after(minutes(10)), 9'200);
  EXPECT_LT(kAddressMnat, 9'200);
}

TEST(Dark, EachAddressOnce) {
  const model::ClassPolicy c;
  const Context context{Time{1}, &c};
  Detector::State state;
  model::FirstContact contact;
  contact.dark = true;
  for (uint32_t i = 0; i < kAddressesKept; ++i) {
    contact.destination = IpAddress::v4(0xcb007100U + i);
    EXPECT_EQ(Detector::see(state, contact, context), kAddressMnat);
    EXPECT_EQ(Detector::see(state, contact, context), 0);
  }
  contact.dark = false;
  contact.destination = IpAddress::v4(1);
  EXPECT_EQ(Detector::see(state, contact, context), 0);
}

TEST(Dark, ATrapMailboxIsAnAddressNobodyHas) {
  const model::ClassPolicy c;
  const Context context{Time{1}, &c};
  Detector::State state;
  EXPECT_EQ(Detector::see(state, model::TrapHit{.trap = "a@isp.example", .source = {}, .account = {}}, context), 4'605);
  EXPECT_EQ(Detector::see(state, model::TrapHit{.trap = "a@isp.example", .source = {}, .account = {}}, context), 0);
  EXPECT_EQ(Detector::see(state, model::TrapHit{.trap = "b@isp.example", .source = {}, .account = {}}, context), 4'605);
  const Entry trap{};
  const Entry host{.destination = IpAddress::v4(0xcb007101)};
  EXPECT_EQ(Detector::explain(std::vector{host, trap, trap}, context), "1 dark address, 2 mails to trap addresses");
  EXPECT_EQ(Detector::note(trap), "mail to a trap address");
}

}  // namespace
}  // namespace postern::decide::detect::dark
