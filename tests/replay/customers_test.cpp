// SPDX-License-Identifier: Apache-2.0
#include "rehearse/customers/customers.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "tests/support/sanitized.h"

namespace postern::rehearse {
namespace {

void print(const char* arm, const Told& t) {
  const auto spread = [](const Spread& s) {
    return fmt::format("{} / {} / {} h", s.median.seconds() / 3600, s.p90.seconds() / 3600, s.most.seconds() / 3600);
  };
  fmt::print("{:<16} cases {} restricted {} disconnected {} released {} relapses {} promises missed {} calls {}\n", arm,
             t.cases, t.restrictions, t.disconnections, t.releases, t.relapses, t.promises_missed, t.calls);
  fmt::print(
      "{:<16} to contact {}, to cure {} (median / p90 / most); held back: ill {} h, well {} h, cut off well {} h\n", "",
      spread(t.to_contact), spread(t.to_cure), t.held_ill.seconds() / 3600, t.held_well.seconds() / 3600,
      t.cut_well.seconds() / 3600);
}

std::string broken(const Told& t) { return fmt::format("{}", fmt::join(t.broken, "\n")); }

// With the plug: restricted, and disconnected when it goes on.
model::CaseRules on() {
  model::CaseRules rules;
  rules.restrict_mode = rules.plug_mode = model::Mode::on;
  return rules;
}

TEST(Customers, NinetyDaysOfTenThousandKeepEveryLaw) {
  const Told t = live({.lines = kSanitized ? 2'000U : 10'000U}, on(), {});
  print("as shipped, on", t);
  EXPECT_TRUE(t.broken.empty()) << broken(t);
  EXPECT_GT(t.cases, 300U);
  EXPECT_GT(t.restrictions, 50U);
  EXPECT_GT(t.disconnections, 20U);
  EXPECT_GT(t.releases, 20U);
  EXPECT_GT(t.calls, 0U) << "whoever is cut off finds the telephone";
  EXPECT_EQ(t.never_ill_held, 0U);
}

TEST(Customers, ShadowRestrictsNobody) {
  model::CaseRules rules;
  const Told t = live({.lines = 2'000, .ill = 100, .innocent = 20, .days = 40, .seed = 3}, rules, {});
  EXPECT_TRUE(t.broken.empty()) << broken(t);
  EXPECT_GT(t.cases, 50U);
  EXPECT_EQ(t.restrictions, 0U);
  EXPECT_EQ(t.disconnections, 0U);
}

// Two arms of the same town: with the shorter deadline ill lines send less.
TEST(Customers, ArmsOfATrialAreComparable) {
  const Town town{.lines = 2'000, .ill = 150, .innocent = 30, .days = 30, .seed = 5};
  model::CaseRules soon = on();
  soon.deadline = soon.block_deadline = hours(12);
  const Told a = live(town, on(), {});
  const Told b = live(town, soon, {});
  print("deadline 3d / 1d", a);
  print("deadline 12h", b);
  EXPECT_TRUE(a.broken.empty()) << broken(a);
  EXPECT_TRUE(b.broken.empty()) << broken(b);
  EXPECT_LT(b.let_out, a.let_out);
}

TEST(Customers, ATownIsTheSameTwice) {
  const Town town{.lines = 500, .ill = 60, .innocent = 10, .days = 20, .seed = 9};
  const Told a = live(town, on(), {});
  const Told b = live(town, on(), {});
  EXPECT_EQ(a.records, b.records);
  EXPECT_EQ(a.held_well.us, b.held_well.us);
  EXPECT_EQ(a.to_cure.p90.us, b.to_cure.p90.us);
}

}  // namespace
}  // namespace postern::rehearse
