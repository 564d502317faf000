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
  EXPECT_EQ(book.apply(first).past, 0U);
  EXPECT_EQ(book.apply(closed_case(1)).past, 0U);
  EXPECT_EQ(book.apply(closed_case(2)).past, 1U);
  EXPECT_EQ(book.past_of({9}), nullptr);
  ASSERT_NE(book.past_of({1}), nullptr);
  // A line's newer past takes the place of its own.
  Case again = closed_case(1);
  again.id.value = 20;
  again.changed = kNow + days(1);
  EXPECT_EQ(book.apply(again).past, 0U);
  EXPECT_EQ(book.apply(closed_case(3)).past, 1U);
  EXPECT_EQ(book.past_of({2}), nullptr);
  EXPECT_NE(book.past_of({1}), nullptr);
  // And so it is after a restart.
  Bytes bytes;
  Encoder out(bytes);
  book.encode(out);
  Book other(2);
  Decoder in(bytes);
  other.decode(in);
  EXPECT_EQ(other.apply(closed_case(4)).past, 1U);
  EXPECT_EQ(other.past_of({3}), nullptr);
}

TEST(Book, OnlySoManyThatWereClosedByHandCanBeUndone) {
  Book book;
  for (uint32_t n = 1; n <= kClosedByHandMax; ++n) {
    Case c = closed_case(n);
    c.before.verb = model::CaseVerb::close;
    EXPECT_EQ(book.apply(c).undo, 0U);
  }
  Case one_more = closed_case(kClosedByHandMax + 1);
  one_more.before.verb = model::CaseVerb::close;
  EXPECT_EQ(book.apply(one_more).undo, 1U);
  EXPECT_EQ(book.closed_by_hand({1}), nullptr);
  EXPECT_NE(book.closed_by_hand({2}), nullptr);
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

// A notice that was ordered in the moment of a confirmation is not confirmed by it; who confirms that one too, in the
// same moment, changes nothing more, and nothing is written.
TEST_F(Told, ConfirmedTwiceInOneMomentIsOneTransition) {
  scene.now = kNow + hours(1);
  c.contacts.push_back({.id = {2}, .channel = Channel::webhook, .state = ContactState::sent, .at = scene.now});
  const auto once = on_confirmed(c, scene, "page");
  ASSERT_TRUE(once);
  EXPECT_FALSE(on_confirmed(once->case_, scene, "page"));
  scene.now = kNow + hours(2);
  EXPECT_TRUE(on_confirmed(once->case_, scene, "page")) << "later, of the second notice";
}

TEST_F(Told, NobodyIsRemindedWhoAnsweredOrStopped) {
  c.confirmed_at = kNow + hours(1);
  EXPECT_FALSE(at(hours(10)));
  c.confirmed_at = {};
  scene.now = kNow + hours(10);
  scene.behaviour_at = kNow - hours(1);
  EXPECT_FALSE(next_attempt(c, scene));
}

// Of a restricted line, extending moves the plug, and its announcement with it; where there is none it says so.
TEST_F(Told, ExtendingARestrictedCaseMovesThePlug) {
  const model::CaseCommand extend{"ops", c.id, model::CaseVerb::extend, "", kNow + days(9)};
  EXPECT_TRUE(validate(c, extend, rules, kNow));
  c.state = CaseState::restricted;
  c.restricted_at = kNow;
  rules.plug_mode = model::Mode::off;
  const Status refused = validate(c, extend, rules, kNow);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text().find("postern case release"), std::string::npos) << refused.error().text();
  rules.plug_mode = model::Mode::on;
  ASSERT_TRUE(validate(c, extend, rules, kNow));
  const Duration half_way{rules.plug_after.us / 2};
  EXPECT_EQ(warn_due(c, scene), kNow + half_way);
  c.plug_asked_at = kNow;
  const auto moved = on_command(c, extend, scene);
  ASSERT_TRUE(moved);
  EXPECT_FALSE(moved->case_.plug_asked_at) << "it is not due any more";
  EXPECT_EQ(warn_due(moved->case_, scene), kNow + days(9) - half_way);
  EXPECT_FALSE(validate(moved->case_, extend, rules, kNow)) << "not later than it is";
  model::CaseCommand undo = extend;
  undo.verb = model::CaseVerb::undo;
  const auto back = on_command(moved->case_, undo, scene);
  ASSERT_TRUE(back);
  EXPECT_EQ(warn_due(back->case_, scene), kNow + half_way);
  EXPECT_EQ(back->case_.plug_asked_at, kNow);
  c.state = CaseState::disconnected;
  EXPECT_FALSE(validate(c, extend, rules, kNow));
}

}  // namespace
}  // namespace postern::decide::casework
