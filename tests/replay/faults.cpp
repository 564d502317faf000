// SPDX-License-Identifier: Apache-2.0
#include "tests/replay/faults.h"

#include <algorithm>
#include <fmt/format.h>
#include <memory>
#include <optional>

#include "base/check.h"
#include "decide/engine.h"

namespace postern::replay {
namespace {

constexpr Time kBegin{1'767'225'600'000'000};
constexpr Duration kTick = hours(1);
constexpr int64_t kDays = 40;
constexpr int64_t kTicksPerCheckpoint = 19;
constexpr uint32_t kLines = 3;

struct Killed {};

// One customer: when the machine is at it, and what the person says, in hours from the beginning.
struct Customer {
  std::vector<std::pair<int64_t, int64_t>> at_it;
  std::vector<std::pair<int64_t, model::CustomerStatus>> says;
  bool dark = false;
};

// The first does nothing until the plug is pulled; the second cleans, too late, says so, and falls ill again; the
// third was a mailing.
std::vector<Customer> customers() {
  using enum model::CustomerStatus;
  return {{{{1, 9 * 24}}, {{9 * 24 + 6, says_clean}}, true},
          {{{2, 60}, {120, 126}}, {{20, read}, {58, says_clean}, {61, says_clean}}, true},
          {{{5, 6}}, {}, false}};
}

model::Policy policy() {
  model::Policy p;
  p.classes["unknown"] = {};
  model::CaseRules& rules = p.classes["residential"].cases;
  rules.restrict_mode = rules.plug_mode = model::Mode::on;
  rules.plug_needs_person = false;
  rules.deadline = rules.block_deadline = hours(24);
  rules.plug_after = hours(48);
  p.channels = {model::Channel::mail};
  return p;
}

class Town {
 public:
  Town(Durable& journal, const Plan& plan) : journal_(journal), plan_(plan) {}

  Lived run() {
    wake();
    import();
    const int64_t ticks = kDays * 24 * 3600 / kTick.seconds();
    for (int64_t n = 1; n <= ticks; ++n) {
      now_ = kBegin + kTick * n;
      survive([this](decide::Engine& e) { return e.tick(now_); });
      hour(n);
      answer();
      if (n % kTicksPerCheckpoint == 0) checkpoint();
    }
    return finish();
  }

 private:
  void hour(int64_t hour) {
    const std::vector<Customer> all = customers();
    for (uint32_t i = 0; i < kLines; ++i) {
      for (const auto& [from, until] : all[i].at_it)
        if (hour >= from && hour < until)
          for (int k = 0; k < 8; ++k) tell(contact(i + 1, all[i].dark && k == 0));
      for (const auto& [at, what] : all[i].says)
        if (hour == at) tell(model::CustomerSays{{i + 1}, what});
    }
  }
  model::FirstContact contact(uint32_t line, bool dark) {
    model::FirstContact c;
    c.line = {line};
    c.source = IpAddress::v4(0x0a000000 + line);
    c.destination = IpAddress::v4(0x14000000 + networks_++ * 256 + 25);
    c.dark = dark;
    return c;
  }
  void import() {
    model::ImportSubscribers rows{"sim", "town", {}};
    for (uint32_t i = 1; i <= kLines; ++i) {
      model::Subscriber s;
      s.key = fmt::format("c{}", i);
      s.class_name = "residential";
      s.fixed = {Prefix::host(IpAddress::v4(0x0a000000 + i))};
      s.contact.value.mail = s.key + "@home.example";
      rows.rows.push_back(std::move(s));
    }
    tell(std::move(rows));
  }

  // At least once: until the brain has lived through it. First contacts are owed until a checkpoint holds them.
  void tell(model::ObservationBody body) {
    const model::Observation o{++sequence_, now_, std::move(body)};
    survive([&](decide::Engine& e) { return e.observe(o); });
    if (std::holds_alternative<model::FirstContact>(o.body)) owed_.push_back(o);
  }
  template <class Do>
  void survive(const Do& what) {
    for (;;) {
      try {
        return commit(what(*engine_));
      } catch (const Killed&) {
        ++lived_.killed;
        wake();
      }
    }
  }

  void commit(decide::Step step) {
    if (step.records.empty()) return;
    const Fault fault = plan_(++lived_.steps);
    if (fault == Fault::before_commit) throw Killed{};
    journal_.append(step.records);
    for (const model::Record& r : step.records)
      if (std::holds_alternative<model::CaseChanged>(r.body)) lived_.transition_steps.insert(lived_.steps);
    if (fault == Fault::after_commit) throw Killed{};
    send_ordered();
    if (fault == Fault::act_dies) {
      sending_.clear();
      send_ordered();
    }
    twice_ = twice_ || fault == Fault::answer_twice;
  }
  void checkpoint() {
    std::vector<model::Record> one{{0, now_, {}, model::Checkpoint{engine_->checkpoint()}}};
    journal_.append(one);
    owed_.clear();
  }

  void wake() {
    engine_ = std::make_unique<decide::Engine>();
    journal_.read([this](const model::Record& r) {
      if (const auto* c = std::get_if<model::Checkpoint>(&r.body)) {
        PN_CHECK(engine_->restore(c->engine));
      } else {
        engine_->replay(r);
      }
    });
    sending_.clear();
    survive([this](decide::Engine& e) { return e.set_policy(policy(), now_); });
    for (const model::Observation& o : std::vector(owed_)) survive([&](decide::Engine& e) { return e.observe(o); });
    send_ordered();
  }

  // The act role hands a notice over at once; the answer comes with the next tick.
  void send_ordered() {
    engine_->for_each_case([this](const model::Case& c) {
      for (const model::ContactAttempt& a : c.contacts)
        if (a.state == model::ContactState::ordered && a.channel == model::Channel::mail &&
            sending_.insert(a.id).second)
          ++lived_.copies[a.id.value];
    });
  }
  void answer() {
    const int times = std::exchange(twice_, false) ? 2 : 1;
    for (const model::ContactId id : std::exchange(sending_, {}))
      for (int i = 0; i < times; ++i) tell(model::ContactSettled{id, model::ContactState::sent, "250"});
  }

  Lived finish() {
    engine_->for_each_case([this](const model::Case& c) { lived_.end += fmt::format("open {} ", c.id.value); });
    return std::move(lived_);
  }

  Durable& journal_;
  const Plan& plan_;
  std::unique_ptr<decide::Engine> engine_;
  std::vector<model::Observation> owed_;
  std::set<model::ContactId> sending_;
  Time now_ = kBegin;
  uint64_t sequence_ = 0;
  uint32_t networks_ = 0;
  bool twice_ = false;
  Lived lived_;
};

}  // namespace

Lived live_through(Durable& journal, const Plan& plan) { return Town(journal, plan).run(); }

}  // namespace postern::replay
