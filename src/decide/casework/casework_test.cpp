// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "decide/casework/ladder.h"

namespace postern::decide::casework {
namespace {

using model::Case;
using model::CaseState;
using model::Channel;
using model::ContactState;
using model::Notice;

constexpr Time kNow{1'767'225'600'000'000};

Case closed_case(uint32_t n) {
  Case c;
  c.id.value = n;
  c.line.value = n;
  c.state = CaseState::closed;
  c.changed = kNow + hours(n);
  return c;
}

TEST(Book, TheOldestPastIsForgottenFirst) {
  Book book(2);
  // The line with the highest number ended first.
  Case first = closed_case(9);
  first.changed = kNow;
  EXPECT_EQ(book.apply(first), 0U);
  EXPECT_EQ(book.apply(closed_case(1)), 0U);
  EXPECT_EQ(book.apply(closed_case(2)), 1U);
  EXPECT_EQ(book.past_of({9}), nullptr);
  ASSERT_NE(book.past_of({1}), nullptr);
  // A line's newer past takes the place of its own.
  Case again = closed_case(1);
  again.id.value = 20;
  again.changed = kNow + days(1);
  EXPECT_EQ(book.apply(again), 0U);
  EXPECT_EQ(book.apply(closed_case(3)), 1U);
  EXPECT_EQ(book.past_of({2}), nullptr);
  EXPECT_NE(book.past_of({1}), nullptr);
  // And so it is after a restart.
  Bytes bytes;
  Encoder out(bytes);
  book.encode(out);
  Book other(2);
  Decoder in(bytes);
  other.decode(in);
  EXPECT_EQ(other.apply(closed_case(4)), 1U);
  EXPECT_EQ(other.past_of({3}), nullptr);
}

struct Told : testing::Test {
  model::CaseRules rules;
  Case c;
  Scene scene;

  Told() {
    c.id.value = 1;
    c.state = CaseState::contacted;
    c.grade = model::CaseGrade::evidence;
    c.opened = kNow;
    c.contacts = {{.id = {1},
                   .channel = Channel::mail,
                   .notice = Notice::first,
                   .state = ContactState::sent,
                   .at = kNow,
                   .settled = kNow}};
    c.contacted_at = kNow;
    c.deadline_at = kNow + hours(20);
    rules.escalate_every = hours(100);
    scene.rules = &rules;
    scene.has_mail = scene.has_webhook = true;
  }
  std::optional<model::ContactAttempt> at(Duration after) {
    scene.now = kNow + after;
    scene.behaviour_at = scene.now - minutes(5);
    return next_attempt(c, scene);
  }
};

TEST_F(Told, AReminderComesHalfWayToTheDeadline) {
  EXPECT_FALSE(at(hours(9)));
  EXPECT_EQ(next_step(c, scene), kNow + hours(10));
  auto due = at(hours(10));
  ASSERT_TRUE(due);
  EXPECT_EQ(due->notice, Notice::reminder);
  EXPECT_EQ(due->channel, Channel::mail);
  c.contacts.push_back(*due);
  EXPECT_FALSE(at(hours(11))) << "once";
  c.contacts.back().state = ContactState::bounced;
  due = at(hours(12));
  ASSERT_TRUE(due);
  EXPECT_EQ(due->channel, Channel::webhook);
  scene.has_webhook = false;
  EXPECT_FALSE(next_attempt(c, scene)) << "nobody is called for a reminder";
  EXPECT_FALSE(at(hours(21))) << "the deadline has passed";
}

TEST_F(Told, NobodyIsRemindedWhoAnsweredOrStopped) {
  c.confirmed_at = kNow + hours(1);
  EXPECT_FALSE(at(hours(10)));
  c.confirmed_at = {};
  scene.now = kNow + hours(10);
  scene.behaviour_at = kNow - hours(1);
  EXPECT_FALSE(next_attempt(c, scene));
}

TEST_F(Told, ARestrictedCaseIsNotExtended) {
  const model::CaseCommand extend{"ops", c.id, model::CaseVerb::extend, "", kNow + days(9)};
  EXPECT_TRUE(validate(c, extend, kNow));
  c.state = CaseState::restricted;
  const Status refused = validate(c, extend, kNow);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text().find("postern case release"), std::string::npos) << refused.error().text();
}

}  // namespace
}  // namespace postern::decide::casework
