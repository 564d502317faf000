// SPDX-License-Identifier: Apache-2.0
#include "decide/work.h"

#include <algorithm>

#include "decide/common/limits.h"

namespace postern::decide {

void Work::note(const model::Session& session) {
  dirty_.insert(session.id);
  for (const Prefix& p : session.prefixes.value) {
    touched_.insert(p);
    for (const auto& [claimed, id] : facts_.sessions.claims().overlapping(p)) dirty_.insert(id);
  }
}

void Work::emit(model::SubscriberId subject, model::RecordBody body) {
  if (const auto* changed = std::get_if<model::CaseChanged>(&body)) {
    if (!casework::is_open(changed->case_.state)) state_.seen.forget(subject);
    const model::Case* before = facts_.cases.find(changed->case_.id);
    const bool last_notice = changed->case_.contacts.size() == model::kContactsPerCaseMax;
    if (last_notice && before != nullptr && before->contacts.size() < model::kContactsPerCaseMax)
      ++state_.counters.contacts_full;
    const bool all_services = changed->case_.services.size() == model::kClosedMax;
    if (all_services && (before == nullptr || before->services.size() < model::kClosedMax))
      ++state_.counters.services_full;
  }
  if (const auto* changed = std::get_if<model::SessionChanged>(&body)) {
    if (changed->session.until) end_plug(changed->session);
    const who::Held* before = facts_.sessions.live(changed->session.id);
    if (before != nullptr) note(before->session);
    if (!changed->session.until) note(changed->session);
    freed_ = freed_ || (before != nullptr && changed->session.until);
  } else if (const auto* order = std::get_if<model::Order>(&body)) {
    for (const Prefix& p : facts_.sessions.live(order->session)->session.prefixes.value) touched_.insert(p);
  }
  plugs_moved_ =
      plugs_moved_ || std::holds_alternative<model::Order>(body) || std::holds_alternative<model::Receipt>(body);
  step_.records.push_back({0, at_, subject, std::move(body)});
  const Facts::Forgotten forgotten = facts_.apply(step_.records.back());
  state_.counters.history_cut += forgotten.sessions;
  state_.counters.past_cut += forgotten.past;
  state_.counters.undo_cut += forgotten.undo;
}

void Work::redecide(model::SubscriberId subscriber) {
  for (const model::SessionId id : facts_.sessions.of_subscriber(subscriber)) dirty_.insert(id);
}

who::Accounting Work::accounting() {
  return {facts_.sessions,
          state_.memory,
          state_.counters,
          {.change = [this](const model::Session& s) { emit(s.subscriber, model::SessionChanged{s}); },
           .subscriber_of =
               [this](const std::string& line_key) {
                 const model::Subscriber* s = facts_.subscribers.find(line_key);
                 return s == nullptr ? model::SubscriberId{} : s->id;
               }},
          facts_.policy.clock_skew};
}

void Work::policy(const model::Policy& policy) {
  if (facts_.revision != 0 && policy == facts_.policy) return;
  emit({}, model::PolicyRevision{facts_.revision + 1, policy});
  for (const auto& [id, held] : facts_.sessions.all_live()) dirty_.insert(id);
}

void Work::receipt(const model::Receipt& receipt) {
  const policy::InForce* mine = facts_.orders.find(receipt.order);
  if (mine == nullptr) {
    ++state_.counters.receipts_stale;
    return;
  }
  if (!facts_.orders.is_news(receipt)) return;
  const bool bad = receipt.state == model::ReceiptState::refused || receipt.state == model::ReceiptState::lost;
  state_.counters.receipts_refused += bad ? 1 : 0;
  emit(mine->order.subject, receipt);
}

void Work::tick() {
  Time& last = state_.last_tick;
  const Duration interim = facts_.policy.interim_interval;
  if (!last || at_ - last > (interim.us > 0 ? interim : kLeaseGrace)) state_.listening_since = at_;
  last = std::max(last, at_);
  for (const model::PermitId id : facts_.permits.due(at_)) {
    model::Permit permit = *facts_.permits.find(id);
    permit.state = model::PermitState::expired;
    emit(permit.subscriber, model::PermitChanged{permit});
    redecide(permit.subscriber);
  }
  const Time horizon = at_ - interim * kMissedInterims;
  if (interim.us > 0 && state_.listening_since < horizon)
    for (const model::SessionId id : facts_.sessions.silent(horizon))
      accounting().end(id, at_, model::SessionEnd::aged);
  if (state_.listening_since + kLeaseGrace <= at_)
    for (const model::SessionId id : facts_.sessions.run_out(at_))
      accounting().end(id, who::lease_end(facts_.sessions.live(id)->session), model::SessionEnd::expired);
  tick_cases();
  tick_advices();
  plugs_moved_ = true;
  state_.watch.set_lines(facts_.subscribers.all().size());
  state_.watch.sweep(
      at_, [this](uint64_t line) { return state_.subject_of(model::SubscriberId{static_cast<uint32_t>(line)}); });
  tick_accounts();
}

void Work::operator()(const model::SessionEvent& o) { accounting().event(o, at_); }

void Work::operator()(const model::LeaseSeen& o) {
  if (o.names.empty() && !o.ended) {
    ++state_.counters.leases_unnamed;
    return;
  }
  const model::Subscriber* s = facts_.subscribers.of_lease(o.names);
  accounting().lease(o, s != nullptr ? s->key : o.names.empty() ? std::string() : o.names.front(), at_);
}

bool Work::is_probe(const IpAddress& source) const {
  return std::ranges::find(facts_.policy.probes, source) != facts_.policy.probes.end();
}

void Work::operator()(const model::FirstContact& o) {
  if (is_probe(o.source)) return;
  ++state_.counters.contacts;
  // The gate's table may lag behind a session change: only a line that held the address then is judged.
  const who::Answer answer = facts_.sessions.who(o.source, at_, facts_.doubt());
  const bool found = answer.kind == who::Attribution::found && answer.sessions[0].subscriber;
  if (!found || (o.line && o.line != answer.sessions[0].subscriber)) {
    ++state_.counters.contacts_unattributed;
    return;
  }
  judge(answer.sessions[0].subscriber, o);
}

void Work::judge_source(const model::ObservationBody& body, const IpAddress& source) {
  if (is_probe(source)) return;
  const who::Answer answer = facts_.sessions.who(source, at_, facts_.doubt());
  if (answer.kind == who::Attribution::found && answer.sessions[0].subscriber) {
    judge(answer.sessions[0].subscriber, body);
  } else {
    ++state_.counters.contacts_unattributed;
  }
}

void Work::operator()(const model::LineSum& o) {
  see_plug(o);
  if (facts_.subscribers.find(o.line) != nullptr) judge(o.line, o);
}

void Work::judge(model::SubscriberId line, const model::ObservationBody& body) {
  (void)see_behaviour(body, line);
  state_.watch.set_lines(facts_.subscribers.all().size());
  for (detect::Reached& reached :
       state_.watch.see(state_.subject_of(line), body, at_, facts_.policy, state_.counters)) {
    model::Finding& finding = reached.finding;
    finding.id = facts_.cases.next_finding();
    emit(line, finding);
    if (!reached.ticket) on_finding(finding, reached.summary);
  }
  widen(line, body);
  // What was due may have waited for it; a case opened just now has seen it too.
  if (see_behaviour(body, line)) look_at(facts_.cases.open_of(line)->id);
}

Step Work::finish() {
  if (freed_) {
    const std::set<model::SubscriberId> waiting = facts_.waiting;
    for (const model::SubscriberId id : waiting) {
      const model::Subscriber* subscriber = facts_.subscribers.find(id);
      if (subscriber == nullptr || accounting().sync_fixed(*subscriber, at_, false)) facts_.waiting.erase(id);
    }
  }
  for (const model::SessionId id : dirty_) {
    const who::Held* held = facts_.sessions.live(id);
    if (held == nullptr) continue;
    const policy::Decision decision = facts_.decide(*held, at_);
    const policy::InForce* in_force = facts_.orders.of(id);
    if (in_force != nullptr && policy::says(in_force->order, decision)) continue;
    model::Order order = policy::order_of(decision, held->session, facts_.revision, at_);
    order.id = facts_.orders.next_id();
    const model::SubscriberId subject = order.subject;
    emit(subject, std::move(order));
  }
  if (plugs_moved_) look_at_plugs();
  for (const Prefix& p : touched_) {
    if (facts_.sessions.claims().claimed(p)) {
      step_.table.set.push_back(facts_.entry_of(p));
    } else {
      step_.table.removed.push_back(p);
    }
  }
  return std::move(step_);
}

const model::ClassPolicy& Engine::State::class_of(model::SubscriberId line) const { return facts.class_of(line); }

detect::Subject Engine::State::subject_of(model::SubscriberId line) const {
  const model::Permit* permit = facts.permits.in_force(line, last_tick);
  const model::Case* open = facts.cases.open_of(line);
  return {line, &class_of(line), permit != nullptr && permit->kind != model::PermitKind::named_server,
          open == nullptr || open->kind != model::CaseKind::behaviour ? Time{} : open->contacted_at};
}

void Engine::State::look_at_every_case() {
  for (const auto& [id, c] : facts.cases.all()) looks.set(id, c.changed);
}

}  // namespace postern::decide
