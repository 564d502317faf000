// SPDX-License-Identifier: Apache-2.0
#include "decide/detect/outcome/outcome.h"

#include <gtest/gtest.h>

namespace postern::decide::detect::outcome {
namespace {

TEST(Outcome, WhatWeBlockSaysNothing) {
  const model::ClassPolicy c;
  const Context context{Time{1}, &c};
  Detector::State state;
  for (const auto verdict : {model::Verdict::explain, model::Verdict::reject, model::Verdict::drop}) {
    model::FirstContact contact;
    contact.verdict = verdict;
    contact.outcome = model::Outcome::failure;
    EXPECT_EQ(Detector::see(state, contact, context), 0);
  }
  model::FirstContact open;
  open.verdict = model::Verdict::open;
  open.outcome = model::Outcome::failure;
  EXPECT_EQ(Detector::see(state, open, context), 1'386);
  open.outcome = model::Outcome::success;
  EXPECT_EQ(Detector::see(state, open, context), -1'386);
  open.outcome = model::Outcome::unknown;
  EXPECT_EQ(Detector::see(state, open, context), 0);
}

TEST(Outcome, AProviderAnswersEverybodyAndADeadDomainFailsOnce) {
  const model::ClassPolicy c;
  Context context{Time{1}, &c};
  Detector::State state;
  model::FirstContact contact;
  contact.verdict = model::Verdict::open;
  contact.provider = true;
  contact.outcome = model::Outcome::success;
  EXPECT_EQ(Detector::see(state, contact, context), -63);
  contact.outcome = model::Outcome::failure;
  EXPECT_EQ(Detector::see(state, contact, context), 1'386);
  contact.provider = false;
  context.walk = true;
  EXPECT_EQ(Detector::see(state, contact, context), 0);
  contact.outcome = model::Outcome::success;
  EXPECT_EQ(Detector::see(state, contact, context), -1'386) << "the second host took the mail";
}

TEST(Outcome, ForgottenWithTheMemoryOfDestinations) {
  const model::ClassPolicy c;  // 24 h
  EXPECT_EQ(Detector::level({5'000, Time{1}}, {Time{1} + hours(24) - seconds(1), &c}), 5'000);
  EXPECT_EQ(Detector::level({5'000, Time{1}}, {Time{1} + hours(24), &c}), 0);
}

}  // namespace
}  // namespace postern::decide::detect::outcome
