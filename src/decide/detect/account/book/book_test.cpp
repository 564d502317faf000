// SPDX-License-Identifier: Apache-2.0
#include "decide/detect/account/book/book.h"

#include <gtest/gtest.h>

namespace postern::decide::detect::account {
namespace {

using model::AccountState;

TEST(AccountWanted, NoWitnessAloneButAListWornTwiceOver) {
  EXPECT_EQ(wanted({0, 100'000, 0}), AccountState::open);  // a new newsletter
  EXPECT_EQ(wanted({0, 0, 100'000}), AccountState::open);  // travel, a VPN
  EXPECT_EQ(wanted({18'000, 0, 0}), AccountState::open);
  EXPECT_EQ(wanted({18'400, 0, 0}), AccountState::held);
  EXPECT_EQ(wanted({.complaint = 100'000}), AccountState::open);  // readers who forgot what they asked for
  EXPECT_EQ(wanted({.recipients = 100'000, .complaint = 100'000}), AccountState::open);
}

TEST(AccountWanted, TwoWitnessesHoldAndTheWornListLocks) {
  EXPECT_EQ(wanted({9'200, 9'200, 0}), AccountState::held);
  EXPECT_EQ(wanted({9'200, 9'100, 2'200}), AccountState::open);
  EXPECT_EQ(wanted({9'200, 0, 2'300}), AccountState::held);
  EXPECT_EQ(wanted({.delivery = 9'200, .complaint = 4'600}), AccountState::held);
  EXPECT_EQ(wanted({.delivery = 9'200, .complaint = 4'500}), AccountState::open);
  EXPECT_EQ(wanted({4'000, 27'600, 0}), AccountState::held);
  EXPECT_EQ(wanted({2'080, 36'700, 0}), AccountState::open);  // an invitation with one address that is gone
  EXPECT_EQ(wanted({2'080, 36'800, 0}), AccountState::held);
  EXPECT_EQ(wanted({0, 27'600, 4'600}), AccountState::held);
  EXPECT_EQ(wanted({0, 36'800, 2'300}), AccountState::held);
  EXPECT_EQ(wanted({0, 36'700, 2'300}), AccountState::open);
  EXPECT_EQ(wanted({9'200, 27'600, 0}), AccountState::locked);
  EXPECT_EQ(wanted({18'400, 0, 4'600}), AccountState::locked);
  EXPECT_EQ(wanted({0, 100'000, 100'000}), AccountState::held);  // never locked without the worn list
}

model::AccountChanged changed(std::string name, AccountState state, uint64_t finding = 0) {
  model::AccountChanged out;
  out.account.id = model::account_id(name);
  out.account.name.value = std::move(name);
  out.account.state = state;
  out.finding.id = {finding};
  return out;
}

TEST(AccountBook, KnowsOwnersAndForgetsThem) {
  Book book;
  model::Subscriber s{.id = {7}, .key = "cust-7"};
  s.accounts.value = {"a@isp.example", "b@isp.example"};
  book.apply(s);
  EXPECT_EQ(book.owner_of(model::account_id("b@isp.example")), model::SubscriberId{7});
  s.accounts.value = {"a@isp.example"};
  book.apply(s);
  EXPECT_FALSE(book.owner_of(model::account_id("b@isp.example")));
  auto held = changed("a@isp.example", AccountState::held);
  held.account.owner = {7};
  book.apply(held, Time{1});
  ASSERT_NE(book.find(held.account.id), nullptr);
  book.erase({7});
  EXPECT_EQ(book.find(held.account.id), nullptr);
  EXPECT_FALSE(book.owner_of(model::account_id("a@isp.example")));
}

TEST(AccountBook, CountsWhatTheEngineDidOfTheLastHourAndKeepsItThroughACheckpoint) {
  Book book;
  const Time now = Time{} + hours(100);
  book.apply(changed("a", AccountState::held, 1), now - hours(2));
  book.apply(changed("b", AccountState::held, 2), now - minutes(30));
  book.apply(changed("c", AccountState::held), now);  // by a person
  EXPECT_EQ(book.changed_since(now - hours(1)), 1U);
  EXPECT_EQ(book.next_finding(), model::FindingId{3});
  book.apply(changed("b", AccountState::open), now);
  EXPECT_EQ(book.all().size(), 2U);
  Bytes bytes;
  Encoder encoder(bytes);
  book.encode(encoder);
  Book again;
  Decoder decoder(bytes);
  again.decode(decoder);
  EXPECT_TRUE(decoder.done());
  EXPECT_EQ(again.all(), book.all());
  EXPECT_EQ(again.changed_since(now - hours(1)), 1U);
  EXPECT_EQ(again.next_finding(), model::FindingId{3});
}

}  // namespace
}  // namespace postern::decide::detect::account
