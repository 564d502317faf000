// SPDX-License-Identifier: Apache-2.0
// A detector gone mad: ten thousand lines at once are due for what automation may do to a line. The engine under a
// virtual clock, as it runs; rehearse/customers/laws.h keeps the numbers at every single transition.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "decide/engine.h"
#include "rehearse/customers/laws.h"
#include "tests/support/sanitized.h"

namespace postern::rehearse {
namespace {

using model::Case;
using model::CaseState;

constexpr Time kBegin{1'767'225'600'000'000};
constexpr Duration kStep = minutes(20);
constexpr uint32_t kLines = kSanitized ? 2'000 : 10'000;
constexpr uint32_t kNases = 40;
constexpr uint32_t kEveryProtected = 500;

bool is_protected(uint32_t line) { return line % kEveryProtected == 0; }
std::string key_of(uint32_t line) { return fmt::format("c{}", line); }

class Network {
 public:
  explicit Network(const model::Policy& policy) : laws_(rules_of(policy), policy.governor, kStep), policy_(policy) {
    take(engine_.set_policy(policy_, now_));
    model::ImportSubscribers rows{"sim", "town", {}};
    for (uint32_t i = 1; i <= kLines; ++i) {
      model::Subscriber s;
      s.key = key_of(i);
      s.class_name = "residential";
      s.contact.value.mail = s.key + "@example.net";
      rows.rows.push_back(std::move(s));
    }
    observe(std::move(rows));
    for (uint32_t i = 1; i <= kLines; ++i)
      observe(model::SessionEvent{.nas = fmt::format("nas-{}", i % kNases),
                                  .session_key = fmt::format("s{}", i),
                                  .line_key = key_of(i),
                                  .prefixes = {Prefix::host(address_of(i))}});
  }

  static const model::CaseRules& rules_of(const model::Policy& p) { return p.classes.at("residential").cases; }
  static IpAddress address_of(uint32_t line) { return IpAddress::v4(0x0a000000 + line); }

  // The detector: every line touched three decoys and three new mail networks, it says.
  void go_mad() {
    for (uint32_t i = 1; i <= kLines; ++i)
      for (uint32_t n = 0; n < 3; ++n) {
        model::FirstContact c;
        c.line = engine_.subscriber(key_of(i))->id;
        c.source = address_of(i);
        c.destination = IpAddress::v4(0x14000000 + (n * 16'384 + i) * 256 + 25);
        c.dark = true;
        observe(c);
      }
  }
  // Each line does something again a few times a day.
  void pass(Duration length) {
    for (const Time end = now_ + length; now_ < end;) {
      now_ = now_ + kStep;
      const int64_t step = now_.us / kStep.us;
      for (uint32_t i = 1; i <= kLines; ++i)
        if ((step + i) % kStepsPerBurst == 0) burst(i);
      for (const model::ContactId id : std::exchange(ordered_, {}))
        observe(model::ContactSettled{id, model::ContactState::sent, "250"});
      // What one tick leaves over the next does.
      for (int n = 0; n < 3; ++n) take(engine_.tick(now_));
      most_held = std::max(most_held, laws_.held());
      most_cut = std::max(most_cut, laws_.cut());
    }
  }
  void observe(model::ObservationBody body) { take(engine_.observe({++sequence_, now_, std::move(body)})); }
  void set(const model::GovernorRules& governor) {
    policy_.governor = governor;
    laws_.governed_by(governor);
    take(engine_.set_policy(policy_, now_));
  }

  [[nodiscard]] std::map<CaseState, uint32_t> states() const {
    std::map<CaseState, uint32_t> out;
    engine_.for_each_case([&](const Case& c) { ++out[c.state]; });
    return out;
  }
  [[nodiscard]] std::string broken() const { return fmt::format("{}", fmt::join(laws_.broken(), "\n")); }
  [[nodiscard]] const decide::Engine& engine() const { return engine_; }
  [[nodiscard]] Time now() const { return now_; }

  uint32_t pages_over_limit = 0;
  uint32_t pages_for_a_person = 0;
  uint32_t orders_on_protected = 0;
  size_t most_held = 0;
  size_t most_cut = 0;

 private:
  static constexpr int64_t kStepsPerBurst = 25;  // 8 h

  void burst(uint32_t i) {
    seen_[i] = now_;
    observe(model::LineSum{.line = engine_.subscriber(key_of(i))->id, .source = address_of(i), .blocked = 3});
  }

  void take(const decide::Step& step) {
    for (const model::Record& r : step.records) {
      if (const auto* held = std::get_if<model::GovernorChanged>(&r.body))
        ++(held->over_limit ? pages_over_limit : pages_for_a_person);
      if (const auto* order = std::get_if<model::Order>(&r.body))
        if (order->hold != model::Hold::none && protected_.contains(order->subject)) ++orders_on_protected;
      if (const auto* s = std::get_if<model::SubscriberChanged>(&r.body)) {
        number_[s->subscriber.id] = static_cast<uint32_t>(std::stoul(s->subscriber.key.substr(1)));
        if (is_protected(number_[s->subscriber.id])) protected_.insert(s->subscriber.id);
      }
      if (const auto* changed = std::get_if<model::CaseChanged>(&r.body)) see(*changed);
    }
  }
  void see(const model::CaseChanged& changed) {
    const Case& c = changed.case_;
    const auto it = cases_.find(c.id);
    const Case* before = it == cases_.end() ? nullptr : &it->second;
    const uint32_t i = number_.at(c.line);
    laws_.see(before, changed, key_of(i), seen_[i], now_);
    for (size_t k = before == nullptr ? 0 : before->contacts.size(); k < c.contacts.size(); ++k)
      ordered_.push_back(c.contacts[k].id);
    cases_[c.id] = c;
  }

  Time now_ = kBegin;
  Laws laws_;
  model::Policy policy_;
  decide::Engine engine_;
  uint64_t sequence_ = 0;
  std::map<model::CaseId, Case> cases_;
  std::map<model::SubscriberId, uint32_t> number_;
  std::set<model::SubscriberId> protected_;
  std::map<uint32_t, Time> seen_;
  std::vector<model::ContactId> ordered_;
};

model::Policy policy() {
  model::Policy p;
  p.classes["unknown"] = {};
  model::CaseRules& rules = p.classes["residential"].cases;
  rules.restrict_mode = rules.plug_mode = model::Mode::on;
  rules.plug_needs_person = false;
  rules.deadline = rules.block_deadline = hours(12);
  rules.plug_after = hours(12);
  p.channels = {model::Channel::mail};
  p.interim_interval = days(30);  // sessions live on without being heard of
  for (uint32_t i = kEveryProtected; i <= kLines; i += kEveryProtected) p.governor.protected_lines.push_back(key_of(i));
  return p;
}

// Of what is due, everything waits where people see it.
void expect_all_visible(const Network& network, uint32_t taken) {
  const decide::GovernorView view = network.engine().governor(network.now());
  EXPECT_TRUE(view.holding);
  EXPECT_TRUE(view.over_limit);
  EXPECT_EQ(view.waiting, kLines - taken);
}

TEST(Governor, TenThousandRestrictionsAtOnceAreHeldAtItsNumbers) {
  model::Policy p = policy();
  p.classes["residential"].cases.plug_mode = model::Mode::off;
  p.governor.restrictions_per_hour = 50;
  p.governor.restrictions_per_hour_per_nas = 3;
  p.governor.restricted_max = 400;
  p.governor.two_persons_above = 1'000;
  Network network(p);
  network.go_mad();
  network.pass(hours(11));
  EXPECT_EQ(network.states()[CaseState::restricted], 0U) << "before the deadline";
  network.pass(hours(12));
  EXPECT_EQ(network.broken(), "");
  EXPECT_EQ(network.states()[CaseState::restricted], 400U) << "it goes on, to the number and no further";
  EXPECT_EQ(network.most_held, 400U);
  EXPECT_EQ(network.pages_over_limit, 1U);
  EXPECT_LE(network.pages_for_a_person, 1U);
  EXPECT_EQ(network.orders_on_protected, 0U);
  expect_all_visible(network, 400);
}

// All of them were restricted, by rules that allowed it; then the plug is due for all, and the numbers are small.
TEST(Governor, TenThousandDisconnectsAtOnceAreHeldAtItsNumbers) {
  model::Policy p = policy();
  p.governor.restrictions_per_hour = p.governor.restrictions_per_hour_per_nas = 100'000;
  p.governor.restricted_max = p.governor.two_persons_above = 100'000;
  Network network(p);
  network.go_mad();
  network.pass(hours(14));
  const uint32_t restricted = kLines - kLines / kEveryProtected;
  ASSERT_EQ(network.states()[CaseState::restricted], restricted);
  ASSERT_EQ(network.states()[CaseState::disconnected], 0U);
  p.governor.restrictions_per_hour = 50;
  p.governor.restrictions_per_hour_per_nas = 3;
  p.governor.disconnected_max = 200;
  network.set(p.governor);
  network.pass(hours(18));
  EXPECT_EQ(network.broken(), "");
  EXPECT_EQ(network.states()[CaseState::disconnected], 200U);
  EXPECT_EQ(network.most_cut, 200U);
  EXPECT_EQ(network.pages_over_limit, 1U);
  EXPECT_LE(network.pages_for_a_person, 1U);
  EXPECT_EQ(network.orders_on_protected, 0U);
  const decide::GovernorView view = network.engine().governor(network.now());
  EXPECT_TRUE(view.over_limit);
  EXPECT_EQ(view.disconnected, 200U);
  // Nothing was forgotten: with the number raised, what was deferred goes on by itself, as fast as the hour allows.
  p.governor.disconnected_max = 300;
  network.set(p.governor);
  network.pass(hours(4));
  EXPECT_EQ(network.broken(), "");
  EXPECT_EQ(network.states()[CaseState::disconnected], 300U);
  EXPECT_EQ(network.orders_on_protected, 0U);
}

}  // namespace
}  // namespace postern::rehearse
