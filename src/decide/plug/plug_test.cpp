// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "decide/plug/watch.h"

namespace postern::decide::plug {
namespace {

using model::ReceiptState;

constexpr model::SessionId kSession{3};

class PlugTest : public ::testing::Test {
 protected:
  void order(uint64_t id, bool plug, model::Mode mode = model::Mode::on) {
    book_.apply(
        model::Order{.id = {id}, .subject = {7}, .session = kSession, .mode = mode, .since = at_, .plug = plug});
  }
  const Plug& plug() { return *book_.of(kSession); }
  model::PlugAnswer answer(ReceiptState state) {
    return {{.order = plug().order, .actuator = "radius_coa", .state = state, .at = at_}, plug().step, plug().round};
  }
  // What the NAS says to what is being asked.
  void says(ReceiptState state) {
    EXPECT_TRUE(book_.expects(answer(state)));
    book_.apply(answer(state).receipt);
  }
  std::optional<model::Receipt> sum(uint64_t blocked) {
    gate_heard_ = at_;
    return contradicted(plug(), {.line = {7}, .blocked = blocked}, at_);
  }
  std::optional<model::Receipt> check(std::string class_name = "") {
    return verified(plug(), {.id = kSession, .class_name = std::move(class_name)}, gate_heard_, at_);
  }

  Time at_{hours(1).us};
  Book book_;
  Time gate_heard_;
};

TEST_F(PlugTest, ShadowAsksNobody) {
  order(1, true, model::Mode::shadow);
  EXPECT_EQ(book_.of(kSession), nullptr);
}

TEST_F(PlugTest, TheChainEndsAtTheGate) {
  order(1, true);
  EXPECT_EQ(plug().step, 0);
  says(ReceiptState::refused);
  EXPECT_EQ(plug().stage, Stage::pending);
  EXPECT_EQ(plug().step, 1);
  says(ReceiptState::lost);
  EXPECT_EQ(plug().stage, Stage::gate_alone);
  EXPECT_TRUE(plug().touched);  // the lost request may have been done
  order(2, false);
  EXPECT_FALSE(plug().garden);
  EXPECT_EQ(plug().stage, Stage::pending);
}

TEST_F(PlugTest, WhatNeverReachedTheNasIsNotUndone) {
  order(1, true);
  says(ReceiptState::withdrawn);
  EXPECT_EQ(plug().stage, Stage::gate_alone);
  order(2, false);
  EXPECT_EQ(book_.of(kSession), nullptr);
}

TEST_F(PlugTest, AcknowledgedIsNotVerified) {
  order(1, true);
  says(ReceiptState::accepted);
  EXPECT_EQ(plug().stage, Stage::acknowledged);
  EXPECT_FALSE(check());
  at_ = at_ + kVerifyAfter;
  EXPECT_FALSE(check());  // the gate was not heard of: silence proves nothing
  EXPECT_FALSE(sum(0));
  const auto proof = check();
  ASSERT_TRUE(proof);
  EXPECT_EQ(proof->state, ReceiptState::in_force);
  book_.apply(*proof);
  EXPECT_EQ(plug().stage, Stage::verified);
}

TEST_F(PlugTest, AnAckWithoutChangeIsContradicted) {
  order(1, true);
  says(ReceiptState::accepted);
  EXPECT_FALSE(sum(5));  // packets under way
  at_ = at_ + kSettle;
  // A garden that is not there shows by any packet the hold stops, not by mail alone.
  EXPECT_TRUE(contradicted(plug(), {.line = {7}, .held_stopped = 1}, at_));
  const auto lie = sum(5);
  ASSERT_TRUE(lie);
  EXPECT_EQ(lie->state, ReceiptState::lost);
  EXPECT_EQ(model::word_of(*lie), "lost");
  book_.apply(*lie);
  EXPECT_EQ(plug().step, 1);  // Disconnect is next
  EXPECT_EQ(plug().stage, Stage::pending);
}

TEST_F(PlugTest, WhatHeldAndHoldsNoMoreIsAskedAgainButNotForEver) {
  order(1, true);
  for (uint32_t round = 0; round < kRoundsMax; ++round) {
    EXPECT_EQ(plug().stage, Stage::pending);
    EXPECT_EQ(plug().step, 0);
    says(ReceiptState::accepted);
    book_.apply(*check("postern-garden"));
    EXPECT_EQ(plug().stage, Stage::verified);
    at_ = at_ + minutes(5);
    book_.apply(*sum(1));
  }
  EXPECT_EQ(plug().stage, Stage::gate_alone);
}

TEST_F(PlugTest, TheSessionSaysItselfThatItIsIn) {
  order(1, true);
  EXPECT_FALSE(check("residential"));
  const auto proof = check("postern-garden");
  ASSERT_TRUE(proof);
  book_.apply(*proof);
  EXPECT_EQ(plug().stage, Stage::verified);
  order(2, false);  // and has to come out again
  EXPECT_EQ(plug().stage, Stage::pending);
}

TEST_F(PlugTest, TheEndOfTheSessionProvesTheDisconnect) {
  order(1, true);
  EXPECT_FALSE(ended(plug(), {.id = kSession, .end = model::SessionEnd::stop}, at_));
  says(ReceiptState::accepted);
  EXPECT_EQ(ended(plug(), {.id = kSession, .end = model::SessionEnd::stop}, at_)->state, ReceiptState::in_force);
}

TEST_F(PlugTest, TheRestoreIsTriedForEver) {
  order(1, true);
  says(ReceiptState::accepted);
  order(2, false);
  for (uint32_t round = 0; round < 50; ++round) {
    EXPECT_EQ(plug().round, round);
    says(ReceiptState::refused);
    EXPECT_TRUE(is_due(plug(), std::nullopt, at_));
    says(ReceiptState::lost);
    EXPECT_FALSE(is_due(plug(), std::nullopt, at_));
    at_ = at_ + kRestoreAgainMax;
    EXPECT_TRUE(is_due(plug(), std::nullopt, at_));
  }
  says(ReceiptState::accepted);
  EXPECT_EQ(plug().stage, Stage::acknowledged);
}

TEST_F(PlugTest, AnAskIsPutOnceAndAgainWhenNothingComes) {
  order(1, true);
  const Asked asked{plug().order, 0, 0, at_};
  EXPECT_FALSE(is_due(plug(), asked, at_ + seconds(119)));
  EXPECT_TRUE(is_due(plug(), asked, at_ + kAskAgain));
  says(ReceiptState::refused);
  EXPECT_TRUE(is_due(plug(), asked, at_));  // another step
}

TEST_F(PlugTest, LateWordsAboutAnEarlierStepAreNotExpected) {
  order(1, true);
  model::PlugAnswer late = answer(ReceiptState::accepted);
  says(ReceiptState::lost);
  EXPECT_FALSE(book_.expects(late));
  late.step = 1;
  EXPECT_TRUE(book_.expects(late));
  late.round = 1;
  EXPECT_FALSE(book_.expects(late));
  late.round = 0;
  late.receipt.actuator = "gate";
  EXPECT_FALSE(book_.expects(late));
}

}  // namespace
}  // namespace postern::decide::plug
