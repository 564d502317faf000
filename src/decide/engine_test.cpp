// SPDX-License-Identifier: Apache-2.0
#include "decide/engine.h"

#include <gtest/gtest.h>

#include "decide/casework/advices.h"
#include "decide/common/limits.h"

namespace postern::decide {
namespace {

constexpr Time kNow{1'767'225'600'000'000};

class EngineTest : public testing::Test {
 protected:
  void SetUp() override {
    policy_.classes["unknown"] = {};
    policy_.classes["residential"] = {};
    policy_.classes["hosting"] = {model::Verdict::open, {}, days(30), seconds(60)};
    engine_.set_policy(policy_, kNow);
  }
  Step see(model::ObservationBody body, Duration after = {}) {
    return engine_.observe({0, kNow + after, std::move(body)});
  }
  Step import(std::vector<model::Subscriber> rows) {
    return see(model::ImportSubscribers{"root", "file", std::move(rows)});
  }
  static model::Subscriber row(const char* key, const char* class_name, const char* fixed = nullptr) {
    model::Subscriber s;
    s.key = key;
    s.class_name = class_name;
    if (fixed != nullptr) s.fixed = {parse_prefix(fixed).value()};
    return s;
  }
  template <class T>
  static std::vector<T> all(const Step& step) {
    std::vector<T> out;
    for (const model::Record& r : step.records)
      if (const T* t = std::get_if<T>(&r.body)) out.push_back(*t);
    return out;
  }

  model::Policy policy_;
  Engine engine_;
};

TEST_F(EngineTest, PolicyIsARevisionOnlyWhenItDiffers) {
  EXPECT_TRUE(engine_.set_policy(policy_, kNow).records.empty());
  import({row("a", "residential", "192.0.2.1"), row("b", "hosting", "192.0.2.2")});
  policy_.relay = {parse_prefix("192.0.2.25").value()};
  Step step = engine_.set_policy(policy_, kNow);
  ASSERT_EQ(step.records.size(), 1U);  // no line is any different
  EXPECT_TRUE(step.table.set.empty());
  policy_.classes["residential"].verdict = model::Verdict::reject;
  step = engine_.set_policy(policy_, kNow);
  const auto orders = all<model::Order>(step);
  ASSERT_EQ(orders.size(), 1U);
  EXPECT_EQ(orders[0].because, "class residential, policy revision 3");
  ASSERT_EQ(step.table.set.size(), 1U);
  EXPECT_EQ(step.table.set[0].revision, 3U);
}

TEST_F(EngineTest, ImportTwiceChangesNothing) {
  const std::vector rows{row("a", "residential", "192.0.2.1"), row("b", "hosting", "2001:db8::/56")};
  EXPECT_EQ(all<model::Order>(import(rows)).size(), 2U);
  const Step again = import(rows);
  ASSERT_EQ(again.records.size(), 1U);
  EXPECT_EQ(std::get<model::OperatorAction>(again.records[0].body).action,
            "subscriber import file: 0 new, 0 changed, 2 as before, 0 refused");
  EXPECT_TRUE(again.table.set.empty());
  EXPECT_EQ(engine_.lines(), 2U);
  // Another prefix: the old one leaves the table in the same delta.
  const Step moved = import({row("a", "residential", "192.0.2.9")});
  ASSERT_EQ(moved.table.removed.size(), 1U);
  EXPECT_EQ(to_string(moved.table.removed[0]), "192.0.2.1/32");
  EXPECT_EQ(moved.table.set.at(0).line.value, 1U);
}

TEST_F(EngineTest, AnImportNamesPrefixesOutsideOfTheNetwork) {
  policy_.subscriber_prefixes = {parse_prefix("192.0.2.0/24").value()};
  engine_.set_policy(policy_, kNow);
  const auto judge = [&](const char* fixed) {
    return engine_.validate({0, kNow, model::ImportSubscribers{"root", "s.csv", {row("a", "", fixed)}}});
  };
  EXPECT_TRUE(judge("192.0.2.7"));
  const Status outside = judge("192.0.3.7");
  ASSERT_FALSE(outside);
  EXPECT_EQ(outside.error().what, "a: 192.0.3.7/32 is in none of network.subscriber_prefixes");
  EXPECT_FALSE(outside.error().fix.empty());
}

TEST_F(EngineTest, ALineWithoutACaseConfirmsItsReference) {
  import({row("a", "residential", "192.0.2.1")});
  model::PageConfirmed page{"K7QF2-9XWM3-H4TPA", parse_ip("192.0.2.1").value(), true};
  const Step step = see(page);
  ASSERT_EQ(step.records.size(), 1U);
  EXPECT_EQ(step.records[0].subject, model::SubscriberId{1});
  EXPECT_EQ(std::get<model::OperatorAction>(step.records[0].body),
            (model::OperatorAction{"the line itself", "notice read: K7QF2-9XWM3-H4TPA"}));
  page.from_own_session = false;
  EXPECT_TRUE(see(page).records.empty());
}

TEST_F(EngineTest, TwoImportsOfOnePrefixAreNobody) {
  import({row("a", "hosting", "192.0.2.1"), row("b", "hosting", "192.0.2.1")});
  EXPECT_EQ(engine_.who(parse_ip("192.0.2.1").value(), kNow).kind, who::Attribution::ambiguous);
  engine_.for_each_line([](const model::LineEntry& e) {
    EXPECT_EQ(e.line.value, 0U);
    EXPECT_EQ(e.class_name, "unknown");
    EXPECT_EQ(e.verdict, model::Verdict::explain);
  });
  EXPECT_EQ(engine_.lines(), 1U);
}

TEST_F(EngineTest, ReceiptsCountOnceAndOnlyForOrdersInForce) {
  const auto order = all<model::Order>(import({row("a", "residential", "192.0.2.1")})).at(0);
  const auto receive = [&](model::ReceiptState state) {
    return engine_.receive(model::Receipt{order.id, "gate", state, "", kNow}).records.size();
  };
  EXPECT_EQ(receive(model::ReceiptState::accepted), 1U);
  EXPECT_EQ(receive(model::ReceiptState::in_force), 1U);
  EXPECT_EQ(receive(model::ReceiptState::in_force), 0U);
  EXPECT_EQ(receive(model::ReceiptState::accepted), 0U);
  EXPECT_EQ(receive(model::ReceiptState::lost), 1U);
  EXPECT_EQ(engine_.receipt_of(order.id)->state, model::ReceiptState::lost);
  see(model::SetClass{"root", {1}, "hosting"});
  EXPECT_EQ(receive(model::ReceiptState::in_force), 0U);
  EXPECT_EQ(engine_.counters().receipts_stale, 1U);
}

TEST_F(EngineTest, ContactsOfAnotherLineThanTheGateSaidAreNobodys) {
  import({row("a", "residential", "192.0.2.1"), row("b", "residential", "192.0.2.2")});
  for (uint32_t i = 0; i < 20; ++i) {
    model::FirstContact c;
    c.line = {2};
    c.source = parse_ip("192.0.2.1").value();
    c.destination = IpAddress::v4(0xc6000000U + (i << 8));
    EXPECT_TRUE(see(c, seconds(1)).records.empty());
  }
  EXPECT_EQ(engine_.counters().contacts_unattributed, 20U);
  EXPECT_FALSE(engine_.watch(model::SubscriberId{1}, kNow));
}

TEST_F(EngineTest, PermitEndsInTheTableEvenBeforeTheTick) {
  import({row("a", "residential", "192.0.2.1")});
  model::Permit p;
  p.subscriber = {1};
  p.limits = {60, 60, 600, 100};
  p.terms_version = "1";
  p.expires = kNow + seconds(100);
  const Step granted = see(model::GrantPermit{"root", p});
  EXPECT_EQ(granted.table.set.at(0).verdict, model::Verdict::limited);
  EXPECT_EQ(granted.table.set.at(0).expires, p.expires);
  EXPECT_EQ(all<model::Order>(granted).at(0).until, p.expires);
  EXPECT_TRUE(engine_.tick(kNow + seconds(99)).records.empty());
  const Step ended = engine_.tick(kNow + seconds(100));
  EXPECT_EQ(ended.table.set.at(0).reason, model::Reason::permit_expired);
  p.terms_version.clear();
  EXPECT_TRUE(see(model::GrantPermit{"root", p}).records.empty());
  EXPECT_FALSE(engine_.validate({0, kNow, model::GrantPermit{"root", p}}));
  EXPECT_FALSE(engine_.validate({0, kNow, model::RevokePermit{"root", {1}, ""}}));
  EXPECT_FALSE(engine_.validate({0, kNow, model::SetClass{"root", {1}, "no such"}}));
}

TEST_F(EngineTest, ErasedIsGoneAndItsNumberIsNotReused) {
  import({row("a", "residential", "192.0.2.1")});
  const Step erased = see(model::EraseSubscriber{"root", {1}});
  EXPECT_EQ(erased.table.removed.size(), 1U);
  EXPECT_EQ(engine_.subscriber(std::string_view("a")), nullptr);
  EXPECT_EQ(engine_.who(parse_ip("192.0.2.1").value(), kNow).kind, who::Attribution::nobody);
  import({row("a", "residential", "192.0.2.1")});
  EXPECT_EQ(engine_.subscriber(std::string_view("a"))->id.value, 2U);
}

TEST_F(EngineTest, NoSessionAgesForWhatWasMissedWhileDeaf) {
  import({row("a", "residential")});
  see(model::SessionEvent{
      model::SessionEventKind::start, "nas", "1", "a", "", "", {parse_prefix("192.0.2.1").value()}});
  for (int s = 0; s < 1700; s += 10) EXPECT_TRUE(engine_.tick(kNow + seconds(s)).records.empty());
  // An hour without a tick: the brain was down.
  EXPECT_TRUE(engine_.tick(kNow + hours(2)).records.empty());
  size_t aged_after_s = 0;
  for (int s = 0; s < 4000 && aged_after_s == 0; s += 10)
    if (!engine_.tick(kNow + hours(2) + seconds(s)).records.empty()) aged_after_s = static_cast<size_t>(s);
  EXPECT_EQ(aged_after_s, 1810U);  // three interim intervals, the next tick
}

// A line that falls ill again and again: the notices of one case end, and that is counted, once.
TEST_F(EngineTest, TheLastNoticeOfACaseIsCounted) {
  model::CaseRules& rules = policy_.classes["residential"].cases;
  rules.restrict_mode = model::Mode::on;
  rules.deadline = rules.block_deadline = hours(1);
  rules.self_releases = 100;
  policy_.channels = {};
  engine_.set_policy(policy_, kNow);
  import({row("a", "residential", "192.0.2.1")});
  const model::SubscriberId line = engine_.subscriber("a")->id;
  uint32_t network = 0;
  size_t most = 0;
  for (int64_t hour = 1; hour < 90 * 24; ++hour) {
    const int64_t of_two_days = hour % 48;
    if (of_two_days < 30)
      for (int k = 0; k < 3; ++k)
        see(model::FirstContact{.line = line,
                                .source = IpAddress::v4(0xc0000201),
                                .destination = IpAddress::v4(0x14000000 + ++network * 256),
                                .dark = true},
            hours(hour));
    if (of_two_days == 31) see(model::CustomerSays{line, model::CustomerStatus::says_clean}, hours(hour));
    engine_.tick(kNow + hours(hour));
    const model::Case* c = engine_.open_case_of(line);
    if (c == nullptr) continue;
    most = std::max(most, c->contacts.size());
    for (const model::ContactAttempt& a : std::vector(c->contacts))
      if (a.state == model::ContactState::ordered)
        see(model::ContactSettled{a.id, model::ContactState::sent, "test"}, hours(hour));
  }
  EXPECT_EQ(most, model::kContactsPerCaseMax);
  EXPECT_EQ(engine_.counters().contacts_full, 1U);
}

TEST_F(EngineTest, MoreServicesThanARestrictionClosesAreCounted) {
  import({row("a", "residential", "192.0.2.1")});
  const model::SubscriberId line = engine_.subscriber("a")->id;
  model::Case known;
  known.id = {1};
  known.line = line;
  known.opened = known.changed = kNow;
  for (uint16_t port = 1; port < model::kClosedMax; ++port) known.services.push_back({model::Transport::tcp, port});
  engine_.replay({1, kNow, line, model::CaseChanged{known, "as it was"}});
  for (uint32_t n = 0; n < 6; ++n)
    see(model::FirstContact{.line = line,
                            .source = IpAddress::v4(0xc0000201),
                            .destination = IpAddress::v4(0x14000000 + n * 256),
                            .port = static_cast<uint16_t>(1000 + n),
                            .dark = true},
        seconds(n));
  ASSERT_NE(engine_.open_case_of(line), nullptr);
  EXPECT_EQ(engine_.open_case_of(line)->services.size(), model::kClosedMax);
  EXPECT_EQ(engine_.counters().services_full, 1U);
}

TEST_F(EngineTest, LeasesAreSessionsOfWhomTheirNamesMean) {
  model::Subscriber named = row("cust-1", "residential");
  named.leases.value = {"circuit:olt/1"};
  import({named, row("cust-2", "hosting")});
  const auto lease = [&](const char* name, const char* prefix) {
    return see(model::LeaseSeen{.ended = false,
                                .server = "kea",
                                .prefix = parse_prefix(prefix).value(),
                                .names = name == nullptr ? std::vector<std::string>{} : std::vector<std::string>{name},
                                .lease = hours(1),
                                .heard = {}});
  };
  const auto of = [&](const Step& step) {
    const auto changed = all<model::SessionChanged>(step);
    return changed.empty() ? std::string("none") : changed[0].session.line_key;
  };
  EXPECT_EQ(of(lease("circuit:olt/1", "192.0.2.1")), "cust-1");
  const Step two = lease("remote:cust-2", "2001:db8:2::/56");
  EXPECT_EQ(of(two), "cust-2");
  ASSERT_EQ(two.table.set.size(), 1U);
  EXPECT_EQ(two.table.set[0].class_name, "hosting");
  EXPECT_EQ(of(lease("circuit:olt/7", "192.0.2.7")), "circuit:olt/7") << "nobody's yet";
  EXPECT_EQ(of(lease(nullptr, "192.0.2.9")), "none");
  EXPECT_EQ(engine_.counters().leases_unnamed, 1U);
  // Whose it is becomes known later.
  model::Subscriber late = row("cust-3", "residential");
  late.leases.value = {"circuit:olt/7"};
  const auto adopted = all<model::SessionChanged>(import({late}));
  ASSERT_EQ(adopted.size(), 1U);
  EXPECT_EQ(adopted[0].session.line_key, "cust-3");
  EXPECT_EQ(adopted[0].session.subscriber.value, 3U);
  // What a restart gives back is the same, and a lease ends when its time is over.
  Engine again;
  ASSERT_TRUE(again.restore(engine_.checkpoint()));
  EXPECT_EQ(again.facts(), engine_.facts());
  engine_.tick(kNow + seconds(1));
  for (int64_t minute = 5; minute < 60; minute += 5) engine_.tick(kNow + minutes(minute));
  EXPECT_EQ(engine_.who(parse_ip("192.0.2.1").value(), kNow + minutes(59)).kind, who::Attribution::found);
  const auto ended = all<model::SessionChanged>(engine_.tick(kNow + minutes(61)));
  EXPECT_EQ(ended.size(), 3U);
  EXPECT_EQ(ended.at(0).session.end, model::SessionEnd::expired);
  EXPECT_EQ(ended.at(0).session.until, kNow + hours(1));
}

TEST_F(EngineTest, ACampaignTellsEachLineOnceAtTheGovernorsPace) {
  policy_.channels = {model::Channel::mail, model::Channel::webhook};
  policy_.governor.advices_per_hour = 2;
  engine_.set_policy(policy_, kNow);
  std::vector<model::Subscriber> rows;
  for (const char* key : {"a", "b", "c"}) {
    rows.push_back(row(key, "residential"));
    rows.back().contact->mail = std::string(key) + "@isp.example";
  }
  import(rows);
  model::CampaignOrder order{.operator_name = "root",
                             .name = "spring",
                             .rows = {{{1}, model::AdviceText::relay},
                                      {{2}, model::AdviceText::check},
                                      {{3}, model::AdviceText::relay},
                                      {{1}, model::AdviceText::relay},
                                      {{9}, model::AdviceText::relay}},
                             .send = false};
  EXPECT_TRUE(all<model::AdviceChanged>(see(order)).empty()) << "shadow";
  EXPECT_TRUE(all<model::AdviceChanged>(engine_.tick(kNow)).empty());
  order.send = true;
  EXPECT_EQ(all<model::AdviceChanged>(see(order)).size(), 3U);
  EXPECT_TRUE(all<model::AdviceChanged>(see(order)).empty()) << "nobody twice";
  const auto first = all<model::AdviceChanged>(engine_.tick(kNow + seconds(1)));
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].advice.line.value, 1U);
  EXPECT_EQ(first[0].advice.state, model::AdviceState::ordered);
  EXPECT_EQ(first[0].advice.channel, model::Channel::mail);
  EXPECT_TRUE(model::is_advice(first[0].advice.id));
  EXPECT_TRUE(all<model::AdviceChanged>(engine_.tick(kNow + minutes(59))).empty());
  see(model::ContactSettled{first[0].advice.id, model::ContactState::sent, "250"}, seconds(2));
  EXPECT_TRUE(
      all<model::AdviceChanged>(see(model::ContactSettled{first[0].advice.id, model::ContactState::ordered, {}}))
          .empty());
  const auto other = all<model::AdviceChanged>(
      see(model::ContactSettled{first[1].advice.id, model::ContactState::failed, "550"}, seconds(2)));
  ASSERT_EQ(other.size(), 2U) << "what the relay said, and the next channel";
  EXPECT_EQ(other[1].advice.channel, model::Channel::webhook);
  // The letter had gone out twice, and both came back; then the webhook's own word.
  for (const auto state : {model::ContactState::bounced, model::ContactState::sent})
    EXPECT_TRUE(
        all<model::AdviceChanged>(see(model::ContactSettled{other[1].advice.id, state, ""}, seconds(3))).empty());
  const model::ContactId by_webhook = casework::number_of(other[1].advice);
  EXPECT_NE(by_webhook, other[1].advice.id);
  const auto told =
      all<model::AdviceChanged>(see(model::ContactSettled{by_webhook, model::ContactState::sent, "204"}, seconds(4)));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].advice.state, model::AdviceState::sent);
  EXPECT_TRUE(all<model::AdviceChanged>(
                  see(model::ContactSettled{other[1].advice.id, model::ContactState::bounced, ""}, seconds(5)))
                  .empty());
  Engine again;
  ASSERT_TRUE(again.restore(engine_.checkpoint()));
  EXPECT_EQ(again.facts(), engine_.facts());
  see(model::GovernorSwitch{"root", true, "wait"}, minutes(60));
  EXPECT_TRUE(all<model::AdviceChanged>(engine_.tick(kNow + minutes(62))).empty()) << "automation is stopped";
  see(model::GovernorSwitch{"root", false, "go"}, minutes(63));
  EXPECT_EQ(all<model::AdviceChanged>(engine_.tick(kNow + minutes(64))).size(), 1U);
  EXPECT_EQ(engine_.open_case_of({1}), nullptr);
}

}  // namespace
}  // namespace postern::decide
