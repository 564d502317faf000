// SPDX-License-Identifier: Apache-2.0
#include "rehearse/customers/customers.h"

#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <set>

#include "decide/engine.h"
#include "rehearse/customers/laws.h"
#include "rehearse/customers/person.h"

namespace postern::rehearse {
namespace {

using model::Case;
using model::CaseVerb;
using model::ContactState;
using model::CustomerStatus;

constexpr Time kEpoch{1'767'225'600'000'000};
constexpr Duration kStep = minutes(10);

struct Line {
  Person person;
  Time ill_from;  // 0 = never
  Time ill_until;
  bool innocent = false;
  bool was_ill = false;
  Duration every = hours(1);  // between bursts of what it does
  Time last_seen;             // the truth: when it last did something
  uint32_t networks = 0;
  Time held_since;  // restricted or disconnected; 0 = neither
  Time cut_since;
  bool relapsed = false;
};

Spread spread_of(std::vector<Duration> all) {
  if (all.empty()) return {};
  std::ranges::sort(all);
  return {all[all.size() / 2], all[all.size() * 9 / 10], all.back()};
}

IpAddress address_of(uint32_t line) { return IpAddress::v4(0x0a000000 + line); }
std::string key_of(uint32_t line) { return fmt::format("c{}", line); }

class World {
 public:
  World(const Town& town, const model::CaseRules& rules, const model::GovernorRules& governor)
      : town_(town), rules_(rules), dice_(town.seed), lines_(town.lines + 1), laws_(rules, governor, kStep) {
    model::Policy policy;
    policy.classes["unknown"] = {};
    policy.classes["residential"].cases = rules;
    policy.governor = governor;
    policy.channels = {model::Channel::mail};
    take(engine_.set_policy(policy, now_));
    people();
    import();
  }

  Told run() {
    const Time end = kEpoch + days(town_.days);
    while (now_ < end) {
      now_ = now_ + kStep;
      behave();
      while (!events_.empty() && events_.begin()->first.first <= now_) {
        const auto what = std::move(events_.begin()->second);
        events_.erase(events_.begin());
        what();
      }
      take(engine_.tick(now_));
    }
    return finish();
  }

 private:
  void people() {
    for (uint32_t i = 1; i < lines_.size(); ++i) lines_[i].person = draw(dice_);
    const auto pick = [&] { return 1 + static_cast<uint32_t>(dice_.below(town_.lines)); };
    for (uint32_t n = 0; n < town_.ill; ++n) {
      const uint32_t i = pick();
      Line& line = lines_[i];
      if (line.was_ill) continue;
      line.ill_from = kEpoch + dice_.within(days(town_.days * 2 / 3));
      bursts_.emplace(line.ill_from, i);
      line.every = minutes(20) + dice_.within(hours(12));
      line.was_ill = true;
    }
    for (uint32_t n = 0; n < town_.innocent; ++n) {
      const uint32_t i = pick();
      Line& line = lines_[i];
      if (line.was_ill || line.innocent) continue;
      line.innocent = true;  // one mailing, once
      bursts_.emplace(kEpoch + dice_.within(days(town_.days * 2 / 3)), i);
    }
  }

  void import() {
    model::ImportSubscribers rows{"sim", "town", {}};
    for (uint32_t i = 1; i < lines_.size(); ++i) {
      model::Subscriber s;
      s.key = key_of(i);
      s.class_name = "residential";
      s.fixed = {Prefix::host(address_of(i))};
      if (lines_[i].person.has_mail) s.contact.value.mail = s.key + "@example.net";
      rows.rows.push_back(std::move(s));
    }
    observe(std::move(rows));
  }

  void observe(model::ObservationBody body) { take(engine_.observe({++sequence_, now_, std::move(body)})); }
  void later(Duration after, std::function<void()> what) {
    events_.emplace(std::pair(now_ + after, ++order_), std::move(what));
  }

  // What lines do to the network in this step.
  void behave() {
    while (!bursts_.empty() && bursts_.begin()->first <= now_) {
      const uint32_t i = bursts_.begin()->second;
      bursts_.erase(bursts_.begin());
      Line& line = lines_[i];
      const bool ill = line.ill_from && line.ill_from <= now_ && !line.ill_until;
      if (!ill && !line.innocent) continue;
      const uint32_t n = line.innocent ? 12 : 1 + static_cast<uint32_t>(dice_.below(8));
      line.last_seen = now_;
      if (line.cut_since) {
        observe(model::LineSum{.line = {i}, .source = address_of(i), .blocked = n});
      } else {
        for (uint32_t k = 0; k < n; ++k) contact(i, !line.innocent && dice_.chance(5));
        if (ill && !line.held_since) told_.let_out += n;
      }
      if (!line.innocent) bursts_.emplace(now_ + line.every, i);
      line.innocent = false;
    }
  }
  void contact(uint32_t i, bool dark) {
    model::FirstContact c;
    c.line = {i};
    c.source = address_of(i);
    c.destination = IpAddress::v4(0x14000000 + (lines_[i].networks++ * 977 + i % 977) * 256 + 25);
    c.dark = dark;
    observe(c);
  }

  void take(decide::Step step) {
    // What comes of a transition may be another: this list is done first.
    const std::vector<model::Record> records = std::move(step.records);
    for (const model::Record& r : records) {
      copy_.replay(r);
      ++told_.records;
      if (const auto* changed = std::get_if<model::CaseChanged>(&r.body)) see(*changed);
      if (const auto* held = std::get_if<model::GovernorChanged>(&r.body)) told_.pages += held->over_limit ? 1 : 0;
    }
  }

  // A transition: held against the truth, and answered by the people.
  void see(const model::CaseChanged& changed) {
    const Case& c = changed.case_;
    const auto it = cases_.find(c.id);
    const Case* before = it == cases_.end() ? nullptr : &it->second;
    const uint32_t i = c.line.value;
    laws_.see(before, changed, key_of(i), lines_[i].last_seen, now_);
    count(before, c);
    for (size_t k = before == nullptr ? 0 : before->contacts.size(); k < c.contacts.size(); ++k)
      deliver(c, c.contacts[k]);
    if (c.plug_asked_at && (before == nullptr || !before->plug_asked_at) && rules_.plug_needs_person)
      later(hours(1) + dice_.within(hours(12)), [this, id = c.id] { order(id, CaseVerb::approve, "anna"); });
    if (!before || before->state != c.state) moved(c);
    cases_[c.id] = c;
  }

  void count(const Case* before, const Case& c) {
    told_.cases += before == nullptr ? 1 : 0;
    if (before == nullptr) return;
    if (c.contacted_at && !before->contacted_at) contacts_.push_back(now_ - c.opened);
    told_.promises_missed += c.promise_missed && !before->promise_missed ? 1 : 0;
    told_.relapses += c.relapses > before->relapses ? 1 : 0;
    if (c.state == before->state) return;
    told_.restrictions += c.state == model::CaseState::restricted ? 1 : 0;
    told_.disconnections += c.state == model::CaseState::disconnected ? 1 : 0;
    told_.releases += c.state == model::CaseState::released ? 1 : 0;
    Line& line = lines_[c.line.value];
    if (model::holds_back(c.state)) {
      if (!line.held_since) {
        line.held_since = now_;
        told_.never_ill_held += line.was_ill ? 0 : 1;
      }
      if (c.state == model::CaseState::disconnected) line.cut_since = now_;
    } else {
      let_go(line);
    }
  }
  void let_go(Line& line) {
    if (!line.held_since) return;
    const Time well_from = std::max(line.held_since, line.last_seen);
    told_.held_ill = told_.held_ill + (well_from - line.held_since);
    told_.held_well = told_.held_well + (now_ - well_from);
    if (line.cut_since) told_.cut_well = told_.cut_well + (now_ - std::max(line.cut_since, line.last_seen));
    line.held_since = line.cut_since = {};
  }

  // Who loses the Internet finds the page or the telephone.
  void moved(const Case& c) {
    const bool garden = c.state == model::CaseState::disconnected ||
                        (c.state == model::CaseState::restricted && rules_.restriction == model::Hold::garden);
    const uint32_t i = c.line.value;
    const Person& p = lines_[i].person;
    if (!garden || (!p.browses && !p.calls)) return;
    later(p.notices_after, [this, i, id = c.id, browses = p.browses] {
      if (browses) {
        observe(model::PageConfirmed{"sim", address_of(i), true});
      } else {
        ++told_.calls;
        order(id, CaseVerb::confirm, "desk");
      }
    });
    heed(i, c.id, p.notices_after, p.cleans_when_cut);
  }

  void deliver(const Case& c, const model::ContactAttempt& a) {
    const uint32_t i = c.line.value;
    const Person& p = lines_[i].person;
    if (a.channel == model::Channel::mail) {
      const auto settle = [this, id = a.id](ContactState state) { observe(model::ContactSettled{id, state, "sim"}); };
      later(minutes(1), [settle] { settle(ContactState::sent); });
      if (p.mail_bounces) return later(minutes(30), [settle] { settle(ContactState::bounced); });
      if (!p.reads) return;
      later(p.reads_after, [this, i] { observe(model::CustomerSays{{i}, CustomerStatus::read}); });
      return heed(i, c.id, p.reads_after, p.cleans);
    }
    // A person calls within two days, or nobody lifts.
    if (!p.answers) return;
    const Duration called = hours(2) + dice_.within(days(2));
    later(called, [this, id = c.id] { order(id, CaseVerb::confirm, "caller"); });
    heed(i, c.id, called, p.cleans);
  }

  // Somebody knows, and does something about it or says so.
  void heed(uint32_t i, model::CaseId id, Duration after, bool cleans) {
    const Person& p = lines_[i].person;
    const Duration done = after + p.cleans_after;
    if (cleans) later(done, [this, i] { cure(i); });
    if (!cleans && !p.lies) return;
    later(done + minutes(20), [this, i] { observe(model::CustomerSays{{i}, CustomerStatus::says_clean}); });
    // Who is still without it, and may not release themselves any more, calls.
    later(done + minutes(30) + rules_.release_after, [this, i, id] { ask_for_release(i, id); });
  }
  void ask_for_release(uint32_t i, model::CaseId id) {
    const Case* c = engine_.case_(id);
    if (c == nullptr || !model::holds_back(c->state) || c->self_releases < rules_.self_releases) return;
    ++told_.calls;
    // The desk looks before it lets somebody go.
    if (now_ - lines_[i].last_seen > hours(24)) order(id, CaseVerb::release, "desk");
  }
  void cure(uint32_t i) {
    Line& line = lines_[i];
    if (!line.ill_from || line.ill_from > now_ || line.ill_until) return;
    line.ill_until = now_;
    ++told_.cured;
    cures_.push_back(line.last_seen - line.ill_from);
    if (!line.person.relapses || line.relapsed) return;
    line.relapsed = true;
    line.ill_from = now_ + hours(13) + dice_.within(days(10));
    line.ill_until = {};
    bursts_.emplace(line.ill_from, i);
  }
  void order(model::CaseId id, CaseVerb verb, const char* who) {
    observe(model::CaseCommand{who, id, verb, "virtual", {}, {}});
  }

  Told finish() {
    for (Line& line : lines_) let_go(line);
    if (copy_.facts() != engine_.facts()) laws_.say(now_, "the records replay to other facts");
    told_.to_contact = spread_of(contacts_);
    told_.to_cure = spread_of(cures_);
    told_.broken = laws_.broken();
    return std::move(told_);
  }

  Town town_;
  model::CaseRules rules_;
  Dice dice_;
  decide::Engine engine_;
  decide::Engine copy_;
  std::vector<Line> lines_;
  Laws laws_;
  std::map<std::pair<Time, uint64_t>, std::function<void()>> events_;
  std::set<std::pair<Time, uint32_t>> bursts_;  // what lines do next
  std::map<model::CaseId, Case> cases_;
  std::vector<Duration> contacts_;
  std::vector<Duration> cures_;
  Time now_ = kEpoch;
  uint64_t sequence_ = 0;
  uint64_t order_ = 0;
  Told told_;
};

}  // namespace

Told live(const Town& town, const model::CaseRules& rules, const model::GovernorRules& governor) {
  return World(town, rules, governor).run();
}

}  // namespace postern::rehearse
