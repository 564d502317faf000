// SPDX-License-Identifier: Apache-2.0
#include "decide/watch.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "decide/common/limits.h"

namespace postern::decide::detect {
namespace {

Levels levels(std::initializer_list<std::pair<std::string_view, int32_t>> of) {
  Levels out{};
  for (const auto& [name, mnat] : of)
    out[static_cast<size_t>(std::ranges::find(names(), name) - names().begin())] = mnat;
  return out;
}

TEST(Score, FamiliesOfOneWitnessCountOnce) {
  Modes on{};
  on.fill(model::Mode::on);
  const auto score = [&](const Levels& l) { return score_of(l, on, model::Mode::on); };
  EXPECT_EQ(score(levels({{"novelty", 5'000}, {"outcome", 3'000}})), 8'000);
  // A question for an MX, and the connection to it.
  EXPECT_EQ(score(levels({{"novelty", 5'000}, {"mx", 6'000}})), 6'000);
  EXPECT_EQ(score(levels({{"novelty", 7'000}, {"mx", 6'000}, {"dark", 4'600}})), 11'600);
  EXPECT_EQ(score(levels({{"novelty", 50'000}, {"mx", 50'000}})), kFamilyCapMnat);
  // One that is not on says nothing, and does not silence the other.
  Modes shadow = on;
  shadow[static_cast<size_t>(std::ranges::find(names(), "mx") - names().begin())] = model::Mode::shadow;
  const Levels both = levels({{"novelty", 5'000}, {"mx", 6'000}});
  EXPECT_EQ(score_of(both, shadow, model::Mode::on), 5'000);
  EXPECT_EQ(score_of(both, shadow, model::Mode::shadow), 6'000);
}

// Asking for four domains' servers and connecting to them is no case; it was one when both were added.
TEST(Score, FourDomainsOfAHomeServerAreNoCase) {
  model::Policy policy;
  policy.classes["unknown"] = {};
  model::ClassPolicy home;
  Watch watch;
  Counters counters;
  const Subject subject{{1}, &home, false, {}};
  Time at = Time{} + seconds(1'700'000'000);
  for (uint32_t domain = 0; domain < 4; ++domain, at = at + seconds(2)) {
    watch.see(subject, model::MailLookup{{1}, IpAddress::v4(0x0a000001), true, false}, at, policy, counters);
    model::FirstContact contact;
    contact.line = {1};
    contact.source = IpAddress::v4(0x0a000001);
    contact.destination = IpAddress::v4(0xc6336401 + (domain << 8));
    contact.verdict = model::Verdict::open;
    contact.outcome = model::Outcome::success;
    for (const Reached& r : watch.see(subject, contact, at, policy, counters))
      EXPECT_LT(r.finding.stage, model::Stage::case_);
  }
  const auto view = watch.view(subject, at, policy);
  ASSERT_TRUE(view);
  EXPECT_GT(view->score_mnat, 4'600);
  EXPECT_LT(view->score_mnat, 6'000);
}

}  // namespace
}  // namespace postern::decide::detect
