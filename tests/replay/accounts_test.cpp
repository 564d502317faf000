// SPDX-License-Identifier: Apache-2.0
// Stolen accounts through the whole engine: modes, governor, people, replay.
#include <algorithm>
#include <gtest/gtest.h>

#include "decide/engine.h"
#include "decide/watch/watch.h"

namespace postern::decide {
namespace {

using model::AccountState;
using model::Mode;

const std::string kName = "erika@isp.example";
const model::AccountId kId = model::account_id(kName);

class Accounts : public testing::Test {
 protected:
  void begin(Mode hold, Mode lock, bool hook = false) {
    policy_.classes["unknown"] = {};
    policy_.classes["residential"] = {};
    policy_.accounts.hold_mode = hold;
    policy_.accounts.lock_mode = lock;
    if (hook) policy_.channels.push_back(model::Channel::webhook);
    keep(engine_.set_policy(policy_, now_));
    model::ImportSubscribers import{.operator_name = "root", .file = "x.csv"};
    model::Subscriber s{.key = "cust-1"};
    s.accounts.value = {kName};
    import.rows.push_back(s);
    observe(std::move(import));
  }
  void keep(Step step) { std::ranges::move(step.records, std::back_inserter(records_)); }
  void observe(model::ObservationBody body) { keep(engine_.observe({++sequence_, now_, std::move(body)})); }
  // A thief: another subscriber's line, strangers, two in five of them gone.
  void steal(uint32_t messages) {
    for (uint32_t i = 0; i < messages; ++i) {
      now_ = now_ + seconds(10);
      model::AccountUse use{.account = kName, .source = IpAddress::v4(0x0a000009), .line = {9}};
      use.recipients = 5;
      use.new_recipients = 5;
      observe(use);
      observe(model::AccountUse{.account = kName, .delivered = 3, .failed = 2});
    }
  }
  AccountState state() const {
    const model::Account* a = engine_.account(kId);
    return a == nullptr ? AccountState::open : a->state;
  }
  std::vector<model::AccountChanged> changes() const {
    std::vector<model::AccountChanged> out;
    for (const model::Record& r : records_)
      if (const auto* c = std::get_if<model::AccountChanged>(&r.body)) out.push_back(*c);
    return out;
  }
  void order(model::AccountVerb verb) {
    observe(
        model::AccountCommand{.operator_name = "root", .account = "Erika@ISP.example", .verb = verb, .why = "call"});
  }

  model::Policy policy_;
  Engine engine_;
  Time now_ = Time{} + days(20'000);
  uint64_t sequence_ = 0;
  std::vector<model::Record> records_;
};

TEST_F(Accounts, AThiefIsHeldThenLockedAndTheEvidenceAddsUp) {
  begin(Mode::on, Mode::on);
  steal(10);
  EXPECT_EQ(state(), AccountState::locked);
  EXPECT_EQ(engine_.held_accounts(), std::vector{kName});
  const auto all = changes();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].account.state, AccountState::held);
  EXPECT_EQ(all[0].account.owner, model::SubscriberId{1});
  const model::ClassPolicy residential;
  for (const auto& c : all) {
    EXPECT_EQ(detect::AccountWatch::recount(c.finding, {{1}, &residential, false, {}, kId}).value(),
              c.finding.score_mnat);
    EXPECT_NE(c.account.because.find("it never wrote to before"), std::string::npos) << c.account.because;
    EXPECT_EQ(c.account.because.find(kName), std::string::npos);
  }
}

TEST_F(Accounts, InShadowNothingHappensAndItIsSaid) {
  begin(Mode::shadow, Mode::shadow);
  steal(10);
  EXPECT_EQ(state(), AccountState::open);
  EXPECT_TRUE(engine_.held_accounts().empty());
  ASSERT_NE(engine_.account(kId), nullptr);
  EXPECT_EQ(engine_.account(kId)->shadow, AccountState::locked);
  EXPECT_EQ(changes().size(), 2U);
  EXPECT_TRUE(changes()[0].why.starts_with("would be held: "));
}

TEST_F(Accounts, TravelAndAVpnNeverHold) {
  begin(Mode::on, Mode::on);
  for (uint16_t i = 0; i < 200; ++i) {
    now_ = now_ + minutes(2);
    model::AccountUse use{.account = kName, .source = IpAddress::v4(0x50000000U + i * 512)};
    use.place = {
        64'000U + i % 12, static_cast<uint16_t>(1 + i % 9), {static_cast<int16_t>(i % 2 == 0 ? 6'371 : -6'371), 0, 0}};
    use.recipients = 1;
    observe(use);
    observe(model::AccountUse{.account = kName, .delivered = 1});
  }
  EXPECT_EQ(state(), AccountState::open);
  EXPECT_EQ(engine_.account(kId), nullptr);
}

TEST_F(Accounts, AFloodOfUsesMakesNoRecords) {
  begin(Mode::on, Mode::on);
  steal(10);
  const size_t before = records_.size();
  steal(500);
  EXPECT_EQ(records_.size(), before);
}

TEST_F(Accounts, TheGovernorLetsSoManyAnHourAndAStopNone) {
  policy_.accounts.per_hour = 1;
  begin(Mode::on, Mode::off);
  steal(10);
  EXPECT_EQ(state(), AccountState::held);
  for (int i = 0; i < 10; ++i) {
    now_ = now_ + seconds(10);
    model::AccountUse use{.account = "other"};
    use.recipients = use.new_recipients = 5;
    use.failed = 3;
    observe(use);
  }
  EXPECT_EQ(engine_.account(model::account_id("other"))->state, AccountState::open);
  EXPECT_GT(engine_.counters().accounts_waiting, 0U);
  observe(model::GovernorSwitch{"root", true, "x"});
  order(model::AccountVerb::release);
  steal(10);
  EXPECT_EQ(state(), AccountState::open);
}

TEST_F(Accounts, APersonHoldsAndReleasesAndTheHookIsToldUntilItAnswers) {
  begin(Mode::off, Mode::off, true);
  order(model::AccountVerb::hold);
  EXPECT_EQ(state(), AccountState::held);
  EXPECT_FALSE(engine_.account(kId)->settled);
  EXPECT_FALSE(engine_.validate({0, now_, model::AccountCommand{"root", kName, model::AccountVerb::hold, ""}}));
  observe(model::AccountSettled{kId, 7, model::ContactState::sent, ""});
  EXPECT_FALSE(engine_.account(kId)->settled);
  observe(model::AccountSettled{kId, 1, model::ContactState::sent, ""});
  EXPECT_TRUE(engine_.account(kId)->settled);
  order(model::AccountVerb::release);
  EXPECT_EQ(state(), AccountState::open);
  observe(model::AccountSettled{kId, 2, model::ContactState::sent, ""});
  EXPECT_EQ(engine_.account(kId), nullptr);
  EXPECT_FALSE(engine_.validate({0, now_, model::AccountCommand{"root", kName, model::AccountVerb::release, ""}}));
}

TEST_F(Accounts, RecordsAloneGiveTheFactsBackAndSoDoesACheckpoint) {
  begin(Mode::on, Mode::on, true);
  steal(6);
  Engine replayed;
  for (const model::Record& r : records_) replayed.replay(r);
  EXPECT_EQ(replayed.facts(), engine_.facts());
  EXPECT_EQ(replayed.held_accounts(), engine_.held_accounts());
  Engine restored;
  ASSERT_TRUE(restored.restore(engine_.checkpoint()));
  EXPECT_EQ(restored.facts(), engine_.facts());
  EXPECT_EQ(restored.owner_of(kId), model::SubscriberId{1});
}

TEST_F(Accounts, AnErasedOwnersAccountIsForgotten) {
  begin(Mode::on, Mode::on);
  steal(10);
  observe(model::EraseSubscriber{"root", {1}});
  EXPECT_TRUE(engine_.held_accounts().empty());
  EXPECT_EQ(engine_.account(kId), nullptr);
}

}  // namespace
}  // namespace postern::decide
