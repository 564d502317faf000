// SPDX-License-Identifier: Apache-2.0
#include "decide/detect/outcome/outcome.h"

#include <algorithm>
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

TEST(Outcome, WhoseOwnContactsAnswerIsHeldToThat) {
  const model::ClassPolicy c;
  Context context{Time{1}, &c};
  Detector::State state;
  model::FirstContact contact;
  contact.verdict = model::Verdict::open;
  const auto step = [&](model::Outcome outcome, Duration after = minutes(2)) {
    contact.outcome = outcome;
    context.now = context.now + after;
    const int32_t mnat = Detector::see(state, contact, context);
    state.level = {std::max(state.level.mnat + mnat, 0), context.now};
    return mnat;
  };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(step(model::Outcome::success), -1'386) << "nobody knows it yet";
  EXPECT_EQ(step(model::Outcome::success), -1'504);
  EXPECT_EQ(step(model::Outcome::failure), 2'079);
  EXPECT_EQ(step(model::Outcome::failure), 2'079) << "what fails now does not excuse itself";
  EXPECT_EQ(step(model::Outcome::failure, seconds(119)), 1'386) << "perhaps of the same domain";
  for (int i = 0; i < 4; ++i) EXPECT_EQ(step(model::Outcome::success), -1'504);
  EXPECT_EQ(state.level.mnat, 0);
  EXPECT_EQ(step(model::Outcome::failure), 1'386) << "one of seven failed";
  EXPECT_EQ(state.answered, 6);
  EXPECT_EQ(state.failed, 2) << "those that found the level at 0";
}

TEST(Outcome, NobodyIsRestrictedByWhatHeEarned) {
  Entry entry;
  entry.mnat = kEarnedFailureMnat;
  EXPECT_EQ(Detector::restricting(entry), kStepMnat);
  entry.mnat = -kEarnedSuccessMnat;
  EXPECT_EQ(Detector::restricting(entry), -kStepMnat);
  entry.mnat = -kProviderAnswersMnat;
  EXPECT_EQ(Detector::restricting(entry), -kProviderAnswersMnat);
}

TEST(Outcome, OnlyWhatSaysSomethingOfTheLineIsLearned) {
  const model::ClassPolicy c;
  Context context{Time{1}, &c};
  Detector::State state;
  model::FirstContact contact;
  contact.verdict = model::Verdict::open;
  contact.outcome = model::Outcome::success;
  contact.provider = true;
  for (int i = 0; i < 20; ++i) (void)Detector::see(state, contact, context);
  EXPECT_EQ(state.answered, 0) << "a provider answers everybody";
  contact.provider = false;
  context.new_network = false;
  for (int i = 0; i < 20; ++i) (void)Detector::see(state, contact, context);
  EXPECT_EQ(state.answered, 0) << "a network it knows";
  context.new_network = true;
  context.walk = true;
  (void)Detector::see(state, contact, context);
  EXPECT_EQ(state.answered, 0) << "the same act again";
  context.walk = false;
  for (int i = 0; i < 1'000; ++i) (void)Detector::see(state, contact, context);
  EXPECT_LE(state.answered, 200) << "the last ones";
  EXPECT_GE(state.answered, 100);
}

TEST(Outcome, ForgottenWithTheMemoryOfDestinations) {
  const model::ClassPolicy c;  // 24 h
  EXPECT_EQ(Detector::level({5'000, Time{1}}, {Time{1} + hours(24) - seconds(1), &c}), 5'000);
  EXPECT_EQ(Detector::level({5'000, Time{1}}, {Time{1} + hours(24), &c}), 0);
}

}  // namespace
}  // namespace postern::decide::detect::outcome
