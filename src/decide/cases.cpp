// SPDX-License-Identifier: Apache-2.0
// Casework in the engine: what happens to lines meets the workflow's pure rules, and what comes out becomes records.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "decide/casework/workflow.h"
#include "decide/policy/verdict.h"
#include "decide/work.h"
#include "model/notice_read.h"

namespace postern::decide {
namespace {

constexpr int kMovesAtOnceMax = 8;         // of one case in one step; the rest comes with the next tick
constexpr size_t kCasesPerTickMax = 4096;  // looked at in one tick
constexpr size_t kAdvicesPerTickMax = 16;

model::AdviceState advice_state(model::ContactState s) {
  switch (s) {
    case model::ContactState::ordered:
      return model::AdviceState::ordered;
    case model::ContactState::sent:
      return model::AdviceState::sent;
    case model::ContactState::bounced:
      return model::AdviceState::bounced;
    case model::ContactState::failed:
      return model::AdviceState::failed;
    case model::ContactState::unusable:
      break;
  }
  return model::AdviceState::unusable;
}

uint16_t port_of(const model::ObservationBody& body) {
  if (const auto* contact = std::get_if<model::FirstContact>(&body)) return contact->port;
  if (const auto* volume = std::get_if<model::MailVolume>(&body)) return volume->port;
  const auto* scan = std::get_if<model::PortScan>(&body);
  return scan == nullptr ? uint16_t{0} : scan->port;
}

// What is held back of the line differs, so its order does.
bool is_other_hold(const model::Case* before, const model::Case& now) {
  const bool held_before = before != nullptr && model::holds_back(before->state);
  const bool held_now = model::holds_back(now.state);
  return held_before != held_now || (held_now && (before->state != now.state || before->services != now.services));
}

}  // namespace

casework::Scene Work::scene_of(model::SubscriberId line) const {
  casework::Scene scene;
  scene.now = at_;
  scene.rules = &state_.class_of(line).cases;
  scene.behaviour_at = state_.seen.last(line);
  const model::Subscriber* subscriber = facts_.subscribers.find(line);
  const auto has = [&](model::Channel channel) {
    return std::ranges::find(facts_.policy.channels, channel) != facts_.policy.channels.end();
  };
  scene.has_mail = subscriber != nullptr && !subscriber->contact->mail.empty() && has(model::Channel::mail);
  scene.has_webhook = has(model::Channel::webhook);
  return scene;
}

casework::Governor Work::governor_of(model::SubscriberId line) const {
  casework::Governor governor;
  governor.rules = &facts_.policy.governor;
  if (const model::Subscriber* s = facts_.subscribers.find(line)) governor.line_key = s->key;
  const auto sessions = facts_.sessions.of_subscriber(line);
  if (!sessions.empty()) governor.nas = facts_.sessions.live(sessions[0])->session.nas;
  return governor;
}

void Work::change(std::optional<model::CaseChanged> changed) {
  if (!changed) return;
  const model::SubscriberId line = changed->case_.line;
  const model::CaseId id = changed->case_.id;
  const model::Case* before = facts_.cases.find(id);
  const bool other_hold = is_other_hold(before, changed->case_);
  emit(line, std::move(*changed));
  if (other_hold) redecide(line);
  look_at(id);
}

void Work::look_at(model::CaseId id) {
  for (int moves = 0; moves < kMovesAtOnceMax; ++moves) {
    const model::Case* c = facts_.cases.find(id);
    if (c == nullptr) return state_.looks.forget(id);
    const casework::Scene scene = scene_of(c->line);
    const casework::Governor governor = governor_of(c->line);
    auto changed = casework::on_time(facts_.cases, *c, scene, governor);
    if (!changed) {
      page_if_held(*c, governor);
      return state_.looks.set(id, casework::next_look(*c, scene));
    }
    const model::SubscriberId line = c->line;
    const bool other_hold = is_other_hold(c, changed->case_);
    emit(line, std::move(*changed));
    if (other_hold) redecide(line);
  }
  state_.looks.set(id, at_ + seconds(1));
}

// Somebody is told once per episode that something waits for a person, and once that the governor holds at a number.
void Work::page_if_held(const model::Case& c, const casework::Governor& governor) {
  const model::CaseRules& rules = state_.class_of(c.line).cases;
  const bool plug = static_cast<bool>(c.plug_asked_at);
  if ((c.state != model::CaseState::deadline && !plug) || facts_.cases.paged_over_limit()) return;
  if ((plug ? rules.plug_mode : rules.restrict_mode) != model::Mode::on) return;
  const auto held = plug ? casework::held_plug(facts_.cases, c, governor, rules.plug_needs_person, at_)
                         : casework::held(facts_.cases, c, governor, at_);
  if (held && (held->over_limit || !facts_.cases.paged()))
    emit({}, model::GovernorChanged{facts_.cases.stopped(), "held: " + held->why, held->over_limit});
}

// A line with an open case does what the case is about. Before anything is decided on it, or a case could end on what
// was known a moment ago; false = it does not, or has no case.
bool Work::see_behaviour(const model::ObservationBody& body, model::SubscriberId line) {
  const auto* sum = std::get_if<model::LineSum>(&body);
  const bool is = std::holds_alternative<model::FirstContact>(body) || std::holds_alternative<model::PortScan>(body) ||
                  (sum != nullptr && sum->blocked != 0);
  const model::Case* open = facts_.cases.open_of(line);
  if (!is || open == nullptr || open->kind != model::CaseKind::behaviour) return false;
  state_.seen.see(line, at_);
  return true;
}

void Work::tick_cases() {
  for (size_t n = 0; n < kCasesPerTickMax; ++n) {
    const model::CaseId id = state_.looks.due(at_);
    if (!id) return;
    look_at(id);
  }
}

void Work::on_finding(const model::Finding& finding, const std::string& summary) {
  const model::Case* open = facts_.cases.open_of(finding.line);
  if (open != nullptr && open->findings.size() >= casework::kFindingsPerCaseMax) ++state_.counters.findings_full;
  change(casework::on_finding(facts_.cases, finding, summary, scene_of(finding.line)));
}

// The highest stage is reached once; a service that the line turns to afterwards is a finding of its own, once.
void Work::widen(model::SubscriberId line, const model::ObservationBody& body) {
  const model::Case* open = facts_.cases.open_of(line);
  const uint16_t port = port_of(body);
  if (open == nullptr || port == 0 || !casework::may_widen(*open, port)) return;
  const detect::Subject subject = state_.subject_of(line);
  const Time since = at_ - casework::kServiceWithin;
  if (state_.watch.evidence_on(subject, port, since, &casework::speaks_of_a_service, facts_.policy) <
      casework::kServiceMnat)
    return;
  detect::Reached reached = state_.watch.opinion(subject, at_, facts_.policy, model::Mode::on);
  reached.finding.id = facts_.cases.next_finding();
  ++state_.counters.findings;
  emit(line, reached.finding);
  on_finding(reached.finding, reached.summary);
}

// Where the class of the line says so; of an account, the line of its owner. Who has a case already is in it.
void Work::ask_about_limit(const model::RelayLimit& o) {
  const model::SubscriberId line = o.line ? o.line : facts_.accounts.owner_of(model::account_id(o.account));
  if (facts_.subscribers.find(line) == nullptr || !state_.class_of(line).case_at_relay_limit) return;
  const model::Case* open = facts_.cases.open_of(line);
  if (open != nullptr && open->kind != model::CaseKind::relay_limit) return;
  change(casework::on_limit(facts_.cases, line, {o.what, o.window, o.most}, scene_of(line)));
  state_.seen.see(line, at_);
}

void Work::operator()(const model::PageConfirmed& o) {
  if (!o.from_own_session) return;
  const who::Answer answer = facts_.sessions.who(o.from, at_);
  if (answer.kind != who::Attribution::found) return;
  const model::SubscriberId line = answer.sessions[0].subscriber;
  const model::Case* open = facts_.cases.open_of(line);
  if (open == nullptr) {
    if (line)
      emit(line, model::OperatorAction{std::string(model::kLineItself), std::string(model::kNoticeRead) + o.reference});
    return;
  }
  change(casework::on_confirmed(*open, scene_of(open->line),
                                "read and confirmed on the notice page, from the line's own session"));
}

// By the first channel from `from` on that needs no person and can reach the customer.
void Work::order_advice(model::Advice a, size_t from) {
  const casework::Scene scene = scene_of(a.line);
  const std::array usable{scene.has_mail, scene.has_webhook};
  size_t channel = from;
  while (channel < usable.size() && !usable[channel]) ++channel;
  if (channel < usable.size()) {
    a.state = model::AdviceState::ordered;
    a.channel = static_cast<model::Channel>(channel);
    a.at = at_;
  } else if (a.state == model::AdviceState::waiting) {
    a.state = model::AdviceState::unusable;
  } else {
    return;  // what the last channel said stands
  }
  const model::SubscriberId line = a.line;
  emit(line, model::AdviceChanged{std::move(a)});
}

void Work::tick_advices() {
  for (size_t n = 0; n < kAdvicesPerTickMax; ++n) {
    const model::Advice* next = facts_.advices.next();
    const bool held = facts_.cases.stopped() ||
                      facts_.advices.ordered_since(at_ - hours(1)) >= facts_.policy.governor.advices_per_hour;
    if (next == nullptr || held) return;
    order_advice(*next, 0);
  }
}

void Work::operator()(const model::ContactSettled& o) {
  if (model::is_advice(o.contact)) {
    const model::Advice* mine = facts_.advices.find(casework::advice_of(o.contact));
    if (mine == nullptr || casework::number_of(*mine) != o.contact || mine->state == model::AdviceState::waiting)
      return;
    model::Advice a = *mine;
    a.state = advice_state(o.state);
    a.settled = at_;
    a.detail = o.detail;
    // A bounce may come after the relay took it; anything else is said once.
    const bool again = mine->state != model::AdviceState::ordered && a.state != model::AdviceState::bounced;
    if (a.state == mine->state || again) return;
    const model::SubscriberId line = a.line;
    const bool nothing = a.state != model::AdviceState::sent;
    emit(line, model::AdviceChanged{a});
    if (nothing) order_advice(a, static_cast<size_t>(a.channel) + 1);
    return;
  }
  if (const model::Case* c = facts_.cases.of_contact(o.contact)) change(casework::on_contact(*c, o, scene_of(c->line)));
}

void Work::operator()(const model::NoticeAnswered& o) {
  if (const model::Case* c = facts_.cases.of_contact(o.contact))
    change(casework::on_confirmed(*c, scene_of(c->line), "the notice was answered by mail"));
}

void Work::operator()(const model::CustomerSays& o) {
  if (const model::Case* c = facts_.cases.open_of(o.line)) change(casework::on_customer(*c, o.what, scene_of(o.line)));
}

// A note's text stays with the note, where it is sealed.
std::string Work::words_of(const model::CaseCommand& o) {
  return o.text.empty() || o.verb == model::CaseVerb::note ? std::string() : ": " + o.text;
}

void Work::operator()(const model::CaseCommand& o) {
  if (refused(validate_request(facts_, o, at_))) return;
  act(o.operator_name, fmt::format("case {} {}{}", to_string(o.verb), o.case_.value, words_of(o)));
  carry_out(o);
}

void Work::operator()(const model::CasesCommand& o) {
  std::vector<uint64_t> numbers;
  for (const model::CaseId id : o.cases) numbers.push_back(id.value);
  act(o.order.operator_name, fmt::format("case {} {}{}{}", to_string(o.order.verb), fmt::join(numbers, ","),
                                         o.which.empty() ? "" : fmt::format(" ({})", o.which), words_of(o.order)));
  for (const model::CaseId id : o.cases) {
    model::CaseCommand one = o.order;
    one.case_ = id;
    if (!refused(validate_request(facts_, one, at_))) carry_out(one);
  }
}

void Work::carry_out(const model::CaseCommand& o) {
  const model::Case* c = facts_.cases.find(o.case_);
  if (c == nullptr) c = facts_.cases.closed_by_hand(o.case_);
  const model::Case before = *c;
  const model::SubscriberId line = before.line;
  if (o.verb == model::CaseVerb::note) return emit(line, model::CaseNoted{o.case_, o.operator_name, {o.text}});
  auto changed = casework::on_command(before, o, scene_of(line));
  if (changed && changed->case_.state == model::CaseState::restricted)
    changed->case_.restricted_nas = governor_of(line).nas;
  change(std::move(changed));
}

void Work::operator()(const model::GovernorSwitch& o) {
  act(o.operator_name, fmt::format("governor {}: {}", o.stop ? "stop" : "go", o.why));
  if (facts_.cases.stopped() != o.stop)
    emit({},
         model::GovernorChanged{
             o.stop, fmt::format("{} by {}: {}", o.stop ? "stopped" : "allowed again", o.operator_name, o.why), false});
}

}  // namespace postern::decide
