// SPDX-License-Identifier: Apache-2.0
#include "tests/replay/scenario.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <map>
#include <sstream>
#include <stdexcept>

#include "decide/engine.h"
#include "decide/policy/verdict.h"
#include "decide/watch/watch.h"

namespace postern::replay {
namespace {

using Words = std::vector<std::string>;

// A test program may throw: a fault in the file, caught per line in run_scenario.
[[noreturn]] void bad(const std::string& what) { throw std::runtime_error(what); }

template <class T>
T must(Result<T> result) {
  if (!result) bad(result.error().text());
  return std::move(result).value();
}
template <class T>
T named(std::optional<T> value, const std::string& word) {
  if (!value) bad(fmt::format("what is \"{}\"", word));
  return *value;
}

class Scenario {
 public:
  explicit Scenario(std::string_view file) : file_(file) {
    policy_.classes["unknown"] = {};
    policy_.classes["residential"] = {};
  }

  void line(size_t number, const std::string& text) {
    std::istringstream in(text.substr(0, text.find('#')));
    Words words;
    for (std::string word; in >> word;) words.push_back(word);
    if (words.empty()) return;
    try {
      dispatch(std::move(words));
    } catch (const std::exception& e) {
      faults_.push_back(fmt::format("{}:{}: {}", file_, number, e.what()));
    }
  }

  std::vector<std::string> finish() {
    decide::Engine again;
    for (const model::Record& r : records_) again.replay(r);
    if (again.facts() != engine_.facts()) faults_.push_back(file_ + ": the records replay to other facts");
    return std::move(faults_);
  }

 private:
  void dispatch(Words words) {
    if (words[0] == "at" && words.size() > 2) {
      now_ = kEpoch + must(parse_duration(words[1]));
      begin();
      take(engine_.tick(now_));
      words.erase(words.begin(), words.begin() + 2);
    }
    const std::string verb = words[0];
    words.erase(words.begin());
    if (verb == "class") return class_(words);
    if (verb == "detector") return detector(words);
    if (verb == "rules") return rules(words);
    if (verb == "line") return subscriber(words);
    if (verb == "repeat") return repeat(words);
    begin();
    if (verb == "contact") return contact(words);
    if (verb == "lookup") return lookup(words);
    if (verb == "volume") return volume(words);
    if (verb == "scan") return scan(words);
    if (verb == "complaint") return complaint(words);
    if (verb == "listing") return listing(words);
    if (verb == "proxy") return proxy(words);
    if (verb == "c2") return c2(words);
    if (verb == "trap") return trap(words);
    if (verb == "grant" || verb == "revoke") return permit(verb, words);
    if (verb == "confirm") return confirm(words);
    if (verb == "sum") return sum(words);
    if (verb == "settle") return settle(words);
    if (verb == "says") return says(words);
    if (verb == "limit") return limit(words);
    if (verb == "answer") return answer(words);
    if (verb == "case") return command(words);
    if (verb == "governor") return governor(words);
    if (verb == "expect") return expect(words);
    session(verb, words);
  }

  // class NAME VERDICT [every=600s] [memory=24h]
  void class_(const Words& words) {
    model::ClassPolicy& c = policy_.classes[words.at(0)];
    c.verdict = named(model::Verdict_from(words.at(1)), words[1]);
    for (size_t i = 2; i < words.size(); ++i) {
      if (words[i].starts_with("every=")) c.new_network_every = must(parse_duration(words[i].substr(6)));
      if (words[i].starts_with("memory=")) c.destination_memory = must(parse_duration(words[i].substr(7)));
    }
    begun_ = false;
  }
  // detector NAME MODE
  void detector(const Words& words) {
    policy_.detectors[words.at(0)] = named(model::Mode_from(words.at(1)), words[1]);
    begun_ = false;
  }
  // line KEY CLASS [PREFIX...]: an import of one row
  void subscriber(const Words& words) {
    begin();
    model::Subscriber s;
    s.key = words.at(0);
    s.class_name = words.at(1);
    for (size_t i = 2; i < words.size(); ++i) s.fixed.push_back(must(parse_prefix(words[i])));
    observe(model::ImportSubscribers{"test", file_, {s}});
  }
  // repeat N EVERY rest, where {n} in the rest counts from 0
  void repeat(const Words& words) {
    const int times = std::stoi(words.at(0));
    const Duration every = must(parse_duration(words.at(1)));
    const Time from = now_;
    for (int n = 0; n < times; ++n) {
      now_ = from + every * n;
      Words each(words.begin() + 2, words.end());
      for (std::string& word : each)
        if (const size_t at = word.find("{n}"); at != std::string::npos) word.replace(at, 3, std::to_string(n));
      begin();
      take(engine_.tick(now_));
      dispatch(std::move(each));
    }
  }
  // contact LINE DESTINATION VERDICT OUTCOME [dark] [PORT]; from the line's first prefix. "contact ?192.0.2.1 ...":
  // line 0
  void contact(const Words& words) {
    model::FirstContact c;
    if (words.at(0).starts_with("?")) {
      c.source = must(parse_ip(words[0].substr(1)));
    } else {
      c.line = id_of(words[0]);
      c.source = first_address_of(words[0], c.line);
    }
    c.destination = must(parse_ip(words.at(1)));
    c.verdict = named(model::Verdict_from(words.at(2)), words[2]);
    c.outcome = named(model::Outcome_from(words.at(3)), words[3]);
    c.dark = words.size() > 4 && words[4] == "dark";
    if (words.size() > (c.dark ? 5 : 4)) c.port = static_cast<uint16_t>(std::stoul(words.back()));
    observe(c);
  }
  [[nodiscard]] IpAddress first_address_of(const std::string& name, model::SubscriberId line) const {
    const auto sessions = engine_.sessions_of(line);
    if (sessions.empty() || sessions[0]->prefixes->empty()) bad(name + " has no address");
    return sessions[0]->prefixes->at(0).address;
  }
  // volume LINE DESTINATION PORT CONNECTIONS: a minute of so many, from the line's first prefix
  void volume(const Words& words) {
    model::MailVolume o;
    o.line = id_of(words.at(0));
    o.source = first_address_of(words[0], o.line);
    o.destination = must(parse_ip(words.at(1)));
    o.port = static_cast<uint16_t>(std::stoul(words.at(2)));
    o.connections = static_cast<uint32_t>(std::stoul(words.at(3)));
    observe(o);
  }
  // scan LINE DESTINATION PORT: ten hosts that did not answer, from the line's first prefix
  void scan(const Words& words) {
    model::PortScan o;
    o.line = id_of(words.at(0));
    o.source = first_address_of(words[0], o.line);
    o.destination = must(parse_ip(words.at(1)));
    o.port = static_cast<uint16_t>(std::stoul(words.at(2)));
    observe(o);
  }
  // complaint LINE|@ADDRESS REPORTER AGO: of a mail that was there so long ago, from the line's first prefix
  void complaint(const Words& words) {
    model::Complaint o;
    o.reporter = words.at(1);
    o.kind = model::ComplaintKind::abuse;
    o.source = source_of(words.at(0));
    o.sent = now_ - must(parse_duration(words.at(2)));
    observe(o);
  }
  // listing ADDRESS LIST AGO: the address was last seen to be clean so long ago
  void listing(const Words& words) {
    observe(model::Listing{words.at(1), must(parse_ip(words.at(0))), now_ - must(parse_duration(words.at(2)))});
  }
  // proxy LINE ASKER PORT: from the line's first prefix
  void proxy(const Words& words) {
    observe(model::ProxyUse{source_of(words.at(0)), must(parse_ip(words.at(1))),
                            static_cast<uint16_t>(std::stoul(words.at(2)))});
  }
  // c2 LINE SERVER PORT: from the line's first prefix
  void c2(const Words& words) {
    observe(model::C2Contact{source_of(words.at(0)), must(parse_ip(words.at(1))),
                             static_cast<uint16_t>(std::stoul(words.at(2)))});
  }
  // trap LINE|@ADDRESS TRAP
  void trap(const Words& words) { observe(model::TrapHit{words.at(1), source_of(words.at(0)), now_, {}}); }
  [[nodiscard]] IpAddress source_of(const std::string& word) const {
    return word.starts_with('@') ? must(parse_ip(word.substr(1))) : first_address_of(word, id_of(word));
  }
  // lookup LINE mx|address [gone]: a mail name, from the line's first prefix
  void lookup(const Words& words) {
    model::MailLookup o;
    o.line = id_of(words.at(0));
    o.source = first_address_of(words[0], o.line);
    o.mx = words.at(1) == "mx";
    o.not_there = words.size() > 2 && words[2] == "gone";
    observe(o);
  }
  // grant LINE KIND FOR | revoke NUMBER
  void permit(const std::string& verb, const Words& words) {
    if (verb == "revoke") return observe(model::RevokePermit{"test", {std::stoull(words.at(0))}, "test"});
    model::Permit p;
    p.subscriber = id_of(words.at(0));
    p.kind = named(model::PermitKind_from(words.at(1)), words[1]);
    p.expires = now_ + must(parse_duration(words.at(2)));
    p.terms_version = "1";
    p.limits = {60, 60, 600, 100};
    if (p.kind == model::PermitKind::named_server) p.destinations = {must(parse_prefix(words.at(3)))};
    const model::Observation o{0, now_, model::GrantPermit{"test", p}};
    if (const Status valid = engine_.validate(o); !valid) bad(valid.error().text());
    observe(o.body);
  }
  // sum LINE BLOCKED
  void sum(const Words& words) {
    model::LineSum s;
    s.line = id_of(words.at(0));
    s.blocked = std::stoull(words.at(1));
    observe(s);
  }
  // settle LINE STATE: the newest notice that is not settled
  void settle(const Words& words) {
    const model::Case& c = case_of(words.at(0));
    for (size_t i = c.contacts.size(); i-- > 0;) {
      const model::ContactAttempt& a = c.contacts[i];
      if (a.state != model::ContactState::ordered && words.at(1) != "bounced") continue;
      return observe(model::ContactSettled{a.id, named(model::ContactState_from(words.at(1)), words[1]), "test"});
    }
    bad("no notice is under way");
  }
  // limit LINE WHAT WINDOW MOST [PERCENT]: the line came to one of its limits at the relay
  void limit(const Words& words) {
    model::RelayLimit o{.line = id_of(words.at(0)), .account = {}, .what = words.at(1), .window = words.at(2)};
    o.most = static_cast<uint32_t>(std::stoul(words.at(3)));
    if (words.size() > 4) o.percent = static_cast<uint32_t>(std::stoul(words[4]));
    observe(o);
  }
  // says LINE WHAT: the customer, on the page
  void says(const Words& words) {
    observe(model::CustomerSays{id_of(words.at(0)), named(model::CustomerStatus_from(words.at(1)), words[1])});
  }
  // answer LINE: by mail, to the newest notice
  void answer(const Words& words) {
    const model::Case& c = case_of(words.at(0));
    if (c.contacts.empty()) bad("nobody was told");
    observe(model::NoticeAnswered{c.contacts.back().id});
  }
  // case VERB LINE [OPERATOR] [FOR]
  void command(const Words& words) {
    model::CaseCommand o;
    o.verb = named(model::CaseVerb_from(words.at(0)), words[0]);
    o.case_ = case_of(words.at(1)).id;
    o.operator_name = words.size() > 2 ? words[2] : "test";
    o.text = "because";
    if (words.size() > 3) o.until = now_ + must(parse_duration(words[3]));
    if (const Status valid = engine_.validate({0, now_, o}); !valid) bad(valid.error().text());
    observe(o);
  }
  // governor stop|go
  void governor(const Words& words) { observe(model::GovernorSwitch{"test", words.at(0) == "stop", "because"}); }
  // rules restrict=on deadline=72h per_hour=10 protect=KEY ...: of the class residential, and of the governor
  void rules(const Words& words) {
    model::CaseRules& r = policy_.classes["residential"].cases;
    model::GovernorRules& g = policy_.governor;
    for (const std::string& word : words) {
      const std::string key = word.substr(0, word.find('='));
      const std::string value = word.substr(key.size() + 1);
      const auto number = [&] { return static_cast<uint32_t>(std::stoul(value)); };
      if (key == "case_at_limit")
        policy_.classes["residential"].case_at_relay_limit = value == "yes";
      else if (key == "restrict")
        r.restrict_mode = named(model::Mode_from(value), value);
      else if (key == "deadline")
        r.deadline = must(parse_duration(value));
      else if (key == "plug")
        r.plug_mode = named(model::Mode_from(value), value);
      else if (key == "plug_after")
        r.plug_after = must(parse_duration(value));
      else if (key == "per_hour")
        g.restrictions_per_hour = g.restrictions_per_hour_per_nas = number();
      else if (key == "two_persons_above")
        g.two_persons_above = number();
      else if (key == "protect")
        g.protected_lines.push_back(value);
      else
        bad("what is " + key);
    }
    begun_ = false;
  }
  // confirm ADDRESS
  void confirm(const Words& words) { observe(model::PageConfirmed{"ref", must(parse_ip(words.at(0))), true}); }
  // start|interim|stop NAS KEY [LINE [PREFIX...]] | nas_on|nas_off NAS
  void session(const std::string& verb, const Words& words) {
    model::SessionEvent e;
    e.kind = named(model::SessionEventKind_from(verb), verb);
    e.nas = words.at(0);
    if (words.size() > 1) e.session_key = words[1];
    if (words.size() > 2) e.line_key = words[2];
    for (size_t i = 3; i < words.size(); ++i) e.prefixes.push_back(must(parse_prefix(words[i])));
    observe(e);
  }

  void expect(const Words& words) {
    const std::string& what = words.at(0);
    const auto is = [&](const std::string& found, const std::string& wanted) {
      if (found != wanted) bad(fmt::format("{} is {}, not {}", what, found, wanted));
    };
    if (what == "stage") {
      const auto view = engine_.watch(id_of(words.at(1)), now_);
      is(std::string(to_string(view ? view->stage : model::Stage::clear)), words.at(2));
    } else if (what == "findings" || what == "shadow_findings") {
      const auto& counts = what == "findings" ? findings_ : shadow_findings_;
      const auto it = counts.find(id_of(words.at(1)));
      is(std::to_string(it == counts.end() ? 0 : it->second), words.at(2));
    } else if (what == "no_case") {
      if (engine_.open_case_of(id_of(words.at(1))) != nullptr) bad(words[1] + " has a case");
    } else if (what == "case") {
      expect_case(words);
    } else if (what == "kind") {
      is(std::string(to_string(case_of(words.at(1)).kind)), words.at(2));
    } else if (what == "grade") {
      is(std::string(to_string(case_of(words.at(1)).grade)), words.at(2));
    } else if (what == "contact") {
      const model::Case& c = case_of(words.at(1));
      if (c.contacts.empty()) bad("nobody was told");
      is(fmt::format("{} {} {}", to_string(c.contacts.back().notice), to_string(c.contacts.back().channel),
                     to_string(c.contacts.back().state)),
         fmt::format("{}", fmt::join(words.begin() + 2, words.end(), " ")));
    } else if (what == "paged") {
      is(std::to_string(paged_), words.at(1));
    } else if (what == "missed") {
      is(case_of(words.at(1)).promise_missed ? "yes" : "no", words.at(2));
    } else if (what == "who") {
      const decide::who::Answer answer = engine_.who(must(parse_ip(words.at(1))), now_);
      const bool found = answer.kind == decide::who::Attribution::found;
      is(found ? answer.sessions[0].line_key : std::string(to_string(answer.kind)), words.at(2));
    } else if (what == "entry") {
      expect_entry(words, is);
    } else if (what == "closed") {
      is(closed_of(must(parse_prefix(words.at(1)))), words.at(2));
    } else if (what == "plugged") {
      const auto it = table_.find(must(parse_prefix(words.at(1))));
      is(it != table_.end() && it->second.hold == model::Hold::garden ? "yes" : "no", words.at(2));
    } else if (what == "records") {
      is(std::to_string(records_.size()), words.at(1));
    } else {
      bad("expect what? " + what);
    }
  }
  // "tcp/23,tcp/445": what a restriction closes beside port 25; "none"
  [[nodiscard]] std::string closed_of(const Prefix& prefix) const {
    const auto it = table_.find(prefix);
    std::vector<std::string> out;
    if (it != table_.end() && it->second.hold == model::Hold::services)
      for (const model::Service& s : it->second.closed)
        out.push_back(fmt::format("{}/{}", to_string(s.transport), s.port));
    return out.empty() ? "none" : fmt::format("{}", fmt::join(out, ","));
  }
  // expect case LINE STATE [words its summary contains]
  void expect_case(const Words& words) {
    const model::Case* c = engine_.open_case_of(id_of(words.at(1)));
    if (c == nullptr) bad(words[1] + " has no case");
    if (to_string(c->state) != words.at(2)) bad(fmt::format("the case is {}", to_string(c->state)));
    const std::string text = fmt::format("{}", fmt::join(words.begin() + 3, words.end(), " "));
    if (c->summary.find(text) == std::string::npos) bad(fmt::format("the summary is \"{}\"", c->summary));
  }
  // expect entry PREFIX VERDICT REASON | expect entry PREFIX none
  template <class Is>
  void expect_entry(const Words& words, const Is& is) {
    const auto it = table_.find(must(parse_prefix(words.at(1))));
    is(it == table_.end() ? "none" : std::string(to_string(it->second.verdict)), words.at(2));
    if (words.size() > 3) is(std::string(to_string(it->second.reason)), words[3]);
  }

  void begin() {
    if (!std::exchange(begun_, true)) take(engine_.set_policy(policy_, now_));
  }
  void observe(model::ObservationBody body) {
    begin();
    take(engine_.observe({++sequence_, now_, std::move(body)}));
  }
  void take(decide::Step step) {
    for (const Prefix& p : step.table.removed) table_.erase(p);
    for (const model::LineEntry& e : step.table.set) table_[e.prefix] = e;
    for (model::Record& r : step.records) {
      if (const auto* finding = std::get_if<model::Finding>(&r.body)) check(*finding);
      if (const auto* held = std::get_if<model::GovernorChanged>(&r.body))
        paged_ += held->why.starts_with("held") ? 1 : 0;
      records_.push_back(std::move(r));
    }
  }
  void check(const model::Finding& finding) {
    ++(finding.mode == model::Mode::on ? findings_ : shadow_findings_)[finding.line];
    const model::Session* session = engine_.sessions_of(finding.line).at(0);
    bool declared = false;
    engine_.for_each_permit([&](const model::Permit& p) {
      declared = declared || (p.subscriber == finding.line && p.state == model::PermitState::active);
    });
    const auto& settings = decide::policy::settings_of(engine_.policy(), engine_.class_of(*session));
    const int32_t score = must(decide::detect::recount(finding, {finding.line, &settings, declared}));
    if (score != finding.score_mnat) bad(fmt::format("score {} recounts to {}", finding.score_mnat, score));
  }
  [[nodiscard]] model::SubscriberId id_of(const std::string& key) const {
    const model::Subscriber* s = engine_.subscriber(key);
    if (s == nullptr) bad("no line " + key);
    return s->id;
  }

  [[nodiscard]] const model::Case& case_of(const std::string& key) const {
    const model::Case* c = engine_.open_case_of(id_of(key));
    if (c == nullptr) bad(key + " has no case");
    return *c;
  }

  static constexpr Time kEpoch{1'767'225'600'000'000};  // 2026-01-01
  std::string file_;
  decide::Engine engine_;
  model::Policy policy_;
  bool begun_ = false;
  Time now_ = kEpoch;
  uint64_t sequence_ = 0;
  std::vector<model::Record> records_;
  std::map<Prefix, model::LineEntry> table_;
  std::map<model::SubscriberId, int> findings_;
  std::map<model::SubscriberId, int> shadow_findings_;
  int paged_ = 0;
  std::vector<std::string> faults_;
};

}  // namespace

std::vector<std::string> run_scenario(std::string_view file, std::string_view text) {
  Scenario scenario(file);
  std::istringstream in{std::string(text)};
  size_t number = 0;
  for (std::string line; std::getline(in, line);) scenario.line(++number, line);
  return scenario.finish();
}

}  // namespace postern::replay
