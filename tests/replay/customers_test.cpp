// SPDX-License-Identifier: Apache-2.0
#include "tests/replay/customers.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

namespace postern::replay {
namespace {

void print(const char* arm, const Told& t) {
  const auto spread = [](const Spread& s) {
    return fmt::format("{} / {} / {} h", s.median.seconds() / 3600, s.p90.seconds() / 3600, s.most.seconds() / 3600);
  };
  fmt::print("{:<16} cases {} restricted {} released {} relapses {} promises missed {}\n", arm, t.cases, t.restrictions,
             t.releases, t.relapses, t.promises_missed);
  fmt::print("{:<16} to contact {}, to cure {} (median / p90 / most); held back: ill {} h, well {} h\n", "",
             spread(t.to_contact), spread(t.to_cure), t.held_ill.seconds() / 3600, t.held_well.seconds() / 3600);
}

model::CaseRules on() {
  model::CaseRules rules;
  rules.restrict_mode = model::Mode::on;
  return rules;
}

TEST(Customers, NinetyDaysOfTenThousandKeepEveryLaw) {
  const Told t = live({}, on(), {});
  print("as shipped, on", t);
  EXPECT_TRUE(t.broken.empty()) << fmt::format("{}", fmt::join(t.broken, "\n"));
  EXPECT_GT(t.cases, 300U);
  EXPECT_GT(t.restrictions, 50U);
  EXPECT_GT(t.releases, 20U);
  EXPECT_EQ(t.never_ill_restricted, 0U);
}

TEST(Customers, ShadowRestrictsNobody) {
  model::CaseRules rules;
  const Told t = live({.lines = 2'000, .ill = 100, .innocent = 20, .days = 40, .seed = 3}, rules, {});
  EXPECT_TRUE(t.broken.empty()) << fmt::format("{}", fmt::join(t.broken, "\n"));
  EXPECT_GT(t.cases, 50U);
  EXPECT_EQ(t.restrictions, 0U);
}

// Two arms of the same town: the shorter deadline cures sooner and holds more lines back.
TEST(Customers, ArmsOfATrialAreComparable) {
  const Town town{.lines = 2'000, .ill = 150, .innocent = 30, .days = 30, .seed = 5};
  model::CaseRules soon = on();
  soon.deadline = soon.block_deadline = hours(12);
  const Told a = live(town, on(), {});
  const Told b = live(town, soon, {});
  print("deadline 3d / 1d", a);
  print("deadline 12h", b);
  EXPECT_TRUE(a.broken.empty()) << fmt::format("{}", fmt::join(a.broken, "\n"));
  EXPECT_TRUE(b.broken.empty()) << fmt::format("{}", fmt::join(b.broken, "\n"));
  EXPECT_GE(b.restrictions, a.restrictions);
}

// A detector gone mad, and a governor that holds at its number.
TEST(Customers, TenThousandAtOnceAreHeldByTheGovernor) {
  model::GovernorRules governor;
  governor.restrictions_per_hour = governor.restrictions_per_hour_per_nas = 3;
  governor.restricted_max = 40;
  governor.two_persons_above = 1'000;
  const Told t = live({.lines = 500, .ill = 1'500, .innocent = 0, .days = 8, .seed = 7}, on(), governor);
  print("mad", t);
  EXPECT_TRUE(t.broken.empty()) << fmt::format("{}", fmt::join(t.broken, "\n"));
  EXPECT_LE(t.restrictions - t.releases, 40U);
}

}  // namespace
}  // namespace postern::replay
