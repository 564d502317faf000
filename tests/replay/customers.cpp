// SPDX-License-Identifier: Apache-2.0
#include "tests/replay/customers.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <random>
#include <set>

#include "decide/engine.h"

namespace postern::replay {
namespace {

constexpr Time kEpoch{1'767'225'600'000'000};
constexpr Duration kStep = minutes(10);
constexpr size_t kBrokenMax = 20;

struct Person {
  bool has_mail = false;
  bool mail_bounces = false;
  bool reads = false;    // mail and pages
  bool answers = false;  // the telephone
  bool cleans = false;
  bool lies = false;  // says it is fixed when it is not
  bool relapses = false;
  Duration reads_after;
  Duration cleans_after;  // from being told
};

struct Line {
  Person person;
  Time ill_from;  // 0 = never
  Time ill_until;
  bool innocent = false;
  Duration every = hours(1);  // between bursts of what it does
  Time next_burst;
  Time last_seen;  // the truth: when it last did something
  uint32_t networks = 0;
  Time restricted_at;
  bool relapsed = false;
};

struct Event {
  Time at;
  uint64_t order = 0;
  uint32_t line = 0;
  model::ObservationBody body;
  bool cured = false;
};
bool operator<(const Event& a, const Event& b) { return std::pair(a.at, a.order) < std::pair(b.at, b.order); }

Spread spread_of(std::vector<Duration> all) {
  if (all.empty()) return {};
  std::ranges::sort(all);
  return {all[all.size() / 2], all[all.size() * 9 / 10], all.back()};
}

class World {
 public:
  World(const Town& town, const model::CaseRules& rules, const model::GovernorRules& governor)
      : town_(town), rules_(rules), random_(town.seed), lines_(town.lines + 1) {
    policy_.classes["unknown"] = {};
    policy_.classes["residential"].cases = rules;
    policy_.governor = governor;
    policy_.channels = {model::Channel::mail};
    take(engine_.set_policy(policy_, now_));
    people();
    import();
  }

  Told run() {
    const Time end = kEpoch + days(town_.days);
    while (now_ < end) {
      now_ = now_ + kStep;
      behave();
      while (!events_.empty() && events_.begin()->at <= now_) happen();
      take(engine_.tick(now_));
    }
    return finish();
  }

 private:
  [[nodiscard]] bool chance(uint32_t per_cent) { return random_() % 100 < per_cent; }
  [[nodiscard]] Duration within(Duration most) {
    return microseconds(static_cast<int64_t>(random_() % static_cast<uint64_t>(most.us)));
  }
  void broken(std::string what) {
    if (told_.broken.size() < kBrokenMax) told_.broken.push_back(fmt::format("{}: {}", to_string(now_), what));
  }

  void people() {
    for (uint32_t i = 1; i < lines_.size(); ++i) {
      Person& p = lines_[i].person;
      p.has_mail = chance(90);
      p.mail_bounces = chance(10);
      p.reads = chance(45);
      p.answers = chance(60);
      p.cleans = chance(80);
      p.lies = chance(15);
      p.relapses = chance(15);
      p.reads_after = minutes(5) + within(days(3));
      p.cleans_after = hours(1) + within(days(4));
    }
    const auto pick = [&] { return 1 + static_cast<uint32_t>(random_() % town_.lines); };
    for (uint32_t n = 0; n < town_.ill; ++n) {
      Line& line = lines_[pick()];
      line.ill_from = line.next_burst = kEpoch + within(days(town_.days * 2 / 3));
      line.every = minutes(20) + within(hours(12));
    }
    for (uint32_t n = 0; n < town_.innocent; ++n) {
      Line& line = lines_[pick()];
      if (line.ill_from) continue;
      line.innocent = true;  // one mailing, once
      line.next_burst = kEpoch + within(days(town_.days * 2 / 3));
    }
  }

  void import() {
    model::ImportSubscribers rows{"sim", "town", {}};
    for (uint32_t i = 1; i < lines_.size(); ++i) {
      model::Subscriber s;
      s.key = fmt::format("c{}", i);
      s.class_name = "residential";
      s.fixed = {Prefix::host(IpAddress::v4(0x0a000000 + i))};
      if (lines_[i].person.has_mail) s.contact.value.mail = s.key + "@example.net";
      rows.rows.push_back(std::move(s));
    }
    observe(now_, std::move(rows));
  }

  void observe(Time at, model::ObservationBody body) { take(engine_.observe({++sequence_, at, std::move(body)})); }

  // What lines do to the network in this step.
  void behave() {
    for (uint32_t i = 1; i < lines_.size(); ++i) {
      Line& line = lines_[i];
      if (!line.next_burst || line.next_burst > now_) continue;
      const bool ill = line.ill_from && line.ill_from <= now_ && !line.ill_until;
      if (!ill && !line.innocent) {
        line.next_burst = {};
        continue;
      }
      const uint32_t n = line.innocent ? 12 : 1 + static_cast<uint32_t>(random_() % 8);
      line.last_seen = now_;
      for (uint32_t k = 0; k < n; ++k) contact(i, !line.innocent && chance(5));
      line.next_burst = line.innocent ? Time{} : now_ + line.every;
      line.innocent = false;
    }
  }
  void contact(uint32_t i, bool dark) {
    model::FirstContact c;
    c.line = {i};
    c.source = IpAddress::v4(0x0a000000 + i);
    c.destination = IpAddress::v4(0x14000000 + (lines_[i].networks++ * 977 + i % 977) * 256 + 25);
    c.dark = dark;
    observe(now_, c);
  }

  void later(Duration after, uint32_t line, model::ObservationBody body, bool cured = false) {
    events_.insert({now_ + after, ++order_, line, std::move(body), cured});
  }
  void happen() {
    Event event = events_.extract(events_.begin()).value();
    Line& line = lines_[event.line];
    if (event.cured && line.ill_from && !line.ill_until) {
      line.ill_until = now_;
      cures_.push_back(line.last_seen - line.ill_from);
      if (line.person.relapses && !line.relapsed) {
        line.relapsed = true;
        line.ill_from = line.next_burst = now_ + hours(12) + within(days(10));
        line.ill_until = {};
      }
    }
    if (!std::holds_alternative<std::monostate>(event.body)) observe(now_, std::move(event.body));
  }

  void take(decide::Step step) {
    std::vector<model::Record> records = std::move(step.records);
    for (const model::Record& r : records) {
      copy_.replay(r);
      ++told_.records;
      if (const auto* changed = std::get_if<model::CaseChanged>(&r.body)) see(*changed);
    }
  }

  // A transition: checked against the truth, and answered by the people.
  void see(const model::CaseChanged& changed) {
    const model::Case& c = changed.case_;
    const auto before = cases_.find(c.id);
    if (before == cases_.end()) {
      ++told_.cases;
      if (c.state != model::CaseState::opened) broken("a case that does not begin as opened");
    } else {
      if (before->second == c) broken(fmt::format("case {}: the same transition twice", c.id.value));
      check(before->second, c, changed.why);
    }
    const size_t known = before == cases_.end() ? 0 : before->second.contacts.size();
    for (size_t i = known; i < c.contacts.size(); ++i) deliver(c, c.contacts[i]);
    cases_[c.id] = c;
  }

  void check(const model::Case& before, const model::Case& c, const std::string& why) {
    using enum model::CaseState;
    Line& line = lines_[c.line.value];
    if (c.contacted_at && !before.contacted_at) {
      contacts_.push_back(now_ - c.opened);
      if (now_ - c.opened > rules_.contact_promise + kStep && !c.promise_missed)
        broken(
            fmt::format("case {}: told {} after it opened, and nobody knows", c.id.value, to_string(now_ - c.opened)));
    }
    told_.promises_missed += c.promise_missed && !before.promise_missed ? 1 : 0;
    told_.relapses += c.relapses > before.relapses ? 1 : 0;
    if (c.state == before.state) return;
    const auto say = [&](const char* what) { broken(fmt::format("case {} ({}): {}", c.id.value, why, what)); };
    if (c.state == restricted) {
      ++told_.restrictions;
      line.restricted_at = now_;
      if (c.grade == model::CaseGrade::question) say("restricted on novelty alone");
      if (!c.contacted_at || c.contacted_at >= now_) say("restricted without a contact");
      if (!c.deadline_at || c.deadline_at > now_) say("restricted before its deadline");
      if (line.last_seen <= c.contacted_at) say("restricted, though nothing was seen since the contact");
      if (now_ - line.last_seen > rules_.stopped_after) say("restricted long after it stopped");
      told_.never_ill_restricted += line.ill_from ? 0 : 1;
    }
    if (before.state == restricted) {
      const Time well_from = std::max(line.restricted_at, line.last_seen);
      told_.held_ill = told_.held_ill + (well_from - line.restricted_at);
      told_.held_well = told_.held_well + (now_ - well_from);
      told_.releases += c.state == released ? 1 : 0;
      if (now_ - line.last_seen < rules_.release_after) say("released while it goes on");
    }
    if ((c.state == closed || c.state == verified_clean) && now_ - line.last_seen < rules_.clean_after)
      say("ended while it goes on");
  }

  void deliver(const model::Case& c, const model::ContactAttempt& a) {
    if (!contact_ids_.insert(a.id).second) broken(fmt::format("notice {} was ordered twice", a.id.value));
    const uint32_t i = c.line.value;
    const Person& p = lines_[i].person;
    if (a.channel == model::Channel::mail) {
      later(minutes(1), i, model::ContactSettled{a.id, model::ContactState::sent, "250"});
      if (p.mail_bounces)
        return later(minutes(30), i, model::ContactSettled{a.id, model::ContactState::bounced, "550"});
      if (!p.reads) return;
      later(p.reads_after, i, model::CustomerSays{c.line, model::CustomerStatus::read});
      return heed(i, c, p.reads_after);
    }
    // A person calls within two days, or nobody lifts.
    if (!p.answers) return;
    const Duration called = hours(2) + within(days(2));
    later(called, i, model::CaseCommand{"caller", c.id, model::CaseVerb::confirm, "called", {}});
    heed(i, c, called);
  }
  void heed(uint32_t i, const model::Case& c, Duration after) {
    const Person& p = lines_[i].person;
    if (p.cleans) later(after + p.cleans_after, i, {}, true);
    if (p.cleans || p.lies)
      later(after + p.cleans_after + minutes(20), i, model::CustomerSays{c.line, model::CustomerStatus::says_clean});
  }

  Told finish() {
    if (copy_.facts() != engine_.facts()) broken("the records replay to other facts");
    told_.to_contact = spread_of(contacts_);
    told_.to_cure = spread_of(cures_);
    return std::move(told_);
  }

  Town town_;
  model::CaseRules rules_;
  model::Policy policy_;
  std::mt19937_64 random_;
  decide::Engine engine_;
  decide::Engine copy_;
  std::vector<Line> lines_;
  std::set<Event> events_;
  std::map<model::CaseId, model::Case> cases_;
  std::set<model::ContactId> contact_ids_;
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

}  // namespace postern::replay
