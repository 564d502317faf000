// SPDX-License-Identifier: Apache-2.0
// The read-only face of the engine.
#include <algorithm>

#include "decide/work.h"

namespace postern::decide {

const model::Policy& Engine::policy() const { return state_->facts.policy; }
uint32_t Engine::revision() const { return state_->facts.revision; }
const Counters& Engine::counters() const { return state_->counters; }

void Engine::for_each_line(const std::function<void(const model::LineEntry&)>& f) const {
  const Prefix* last = nullptr;
  for (const auto& [prefix, session] : state_->facts.sessions.claims().all()) {
    if (last == nullptr || *last != prefix) f(state_->facts.entry_of(prefix));
    last = &prefix;
  }
}

size_t Engine::lines() const {
  size_t n = 0;
  const Prefix* last = nullptr;
  for (const auto& [prefix, session] : state_->facts.sessions.claims().all()) {
    n += last == nullptr || *last != prefix ? 1 : 0;
    last = &prefix;
  }
  return n;
}

const model::Subscriber* Engine::subscriber(model::SubscriberId id) const { return state_->facts.subscribers.find(id); }
const model::Subscriber* Engine::subscriber(std::string_view key) const { return state_->facts.subscribers.find(key); }

void Engine::for_each_subscriber(const std::function<void(const model::Subscriber&)>& f) const {
  for (const model::Subscriber& s : state_->facts.subscribers.all())
    if (!s.key.empty()) f(s);
}

std::string_view Engine::class_of(const model::Session& session) const { return state_->facts.class_of(session); }

const model::Session* Engine::session(model::SessionId id) const {
  const who::Held* held = state_->facts.sessions.live(id);
  if (held == nullptr) held = state_->facts.sessions.ended(id);
  return held == nullptr ? nullptr : &held->session;
}

std::vector<const model::Session*> Engine::sessions_of(model::SubscriberId id) const {
  std::vector<const model::Session*> out;
  for (const model::SessionId session : state_->facts.sessions.of_subscriber(id))
    out.push_back(&state_->facts.sessions.live(session)->session);
  return out;
}

void Engine::for_each_session(const std::function<void(const model::Session&)>& f) const {
  for (const auto& [id, held] : state_->facts.sessions.all_live()) f(held.session);
}

who::Answer Engine::who(const IpAddress& address, Time at) const { return state_->facts.sessions.who(address, at); }

who::Answer Engine::who_surely(const IpAddress& address, Time at) const {
  return state_->facts.sessions.who(address, at, state_->facts.doubt());
}

const model::Permit* Engine::permit(model::PermitId id) const { return state_->facts.permits.find(id); }

void Engine::for_each_permit(const std::function<void(const model::Permit&)>& f) const {
  for (const auto& [id, permit] : state_->facts.permits.all()) f(permit);
}

const model::Case* Engine::case_(model::CaseId id) const { return state_->facts.cases.find(id); }
const model::Case* Engine::open_case_of(model::SubscriberId line) const { return state_->facts.cases.open_of(line); }

void Engine::for_each_case(const std::function<void(const model::Case&)>& f) const {
  for (const auto& [id, c] : state_->facts.cases.all()) f(c);
}

std::vector<const model::Finding*> Engine::findings_of(model::CaseId id) const {
  return state_->facts.cases.findings_of(id);
}

GovernorView Engine::governor(Time now) const {
  const casework::Book& cases = state_->facts.cases;
  GovernorView view;
  view.stopped = cases.stopped();
  view.holding = cases.paged();
  view.over_limit = cases.paged_over_limit();
  view.held_back = cases.held_back();
  view.disconnected = cases.disconnected();
  view.last_hour = cases.restricted_since(now - hours(1));
  for (const auto& [id, c] : cases.all()) {
    view.waiting += c.state == model::CaseState::deadline ? 1 : 0;
    view.promise_missed += c.promise_missed ? 1 : 0;
  }
  return view;
}

const model::Order* Engine::order_of(model::SessionId id) const {
  const policy::InForce* in_force = state_->facts.orders.of(id);
  return in_force == nullptr ? nullptr : &in_force->order;
}

std::optional<model::Receipt> Engine::receipt_of(model::OrderId id, std::string_view actuator) const {
  const policy::InForce* in_force = state_->facts.orders.find(id);
  if (in_force == nullptr) return std::nullopt;
  const auto it = in_force->receipts.find(std::string(actuator));
  return it == in_force->receipts.end() ? std::nullopt : std::optional(it->second);
}

void Engine::for_each_order(const std::function<void(const model::Order&)>& f) const {
  for (const auto& [session, in_force] : state_->facts.orders.all()) f(in_force.order);
}

std::optional<WatchView> Engine::watch(model::SubscriberId line, Time now) const {
  return state_->watch.view(state_->subject_of(line), now, state_->facts.policy);
}

BudgetView Engine::budget() const {
  const model::Policy& policy = state_->facts.policy;
  const detect::Thresholds thresholds = state_->watch.thresholds(policy);
  return {policy.false_cases_milli, state_->watch.acts_a_day(), thresholds.alone_mnat, thresholds.together_mnat};
}

std::optional<WatchView> Engine::watch(model::AccountId account, Time now) const {
  return state_->account_watch.view(state_->subject_of(account), now, state_->facts.policy);
}

std::span<const std::string_view> Engine::detectors() {
  static const std::vector<std::string_view> kAll = [] {
    std::vector<std::string_view> out(detect::names().begin(), detect::names().end());
    std::ranges::copy(detect::AccountWatch::names(), std::back_inserter(out));
    return out;
  }();
  return kAll;
}

void Engine::for_each_advice(const std::function<void(const model::Advice&)>& f) const {
  for (const auto& [id, a] : state_->facts.advices.all()) f(a);
}

void Engine::for_each_account(const std::function<void(const model::Account&)>& f) const {
  for (const auto& [id, a] : state_->facts.accounts.all()) f(a);
}

const model::Account* Engine::account(model::AccountId id) const { return state_->facts.accounts.find(id); }

model::SubscriberId Engine::owner_of(model::AccountId id) const { return state_->facts.accounts.owner_of(id); }

std::vector<std::string> Engine::held_accounts() const {
  std::vector<std::string> out;
  for (const auto& [id, a] : state_->facts.accounts.all())
    if (a.state != model::AccountState::open && !a.name.erased) out.push_back(a.name.value);
  std::ranges::sort(out);
  return out;
}

std::vector<std::string> Engine::plugged_lines() const {
  std::vector<std::string> out;
  for (const auto& [id, c] : state_->facts.cases.all()) {
    const model::Subscriber* s = state_->facts.subscribers.find(c.line);
    if (s == nullptr || s->key.empty() || c.state != model::CaseState::disconnected) continue;
    if (state_->class_of(c.line).cases.plug_mode == model::Mode::on) out.push_back(s->key);
  }
  std::ranges::sort(out);
  return out;
}

size_t Engine::restores_owed() const {
  return static_cast<size_t>(std::ranges::count_if(state_->facts.plugs.all(), [](const auto& p) {
    return !p.second.garden && p.second.round > 0 && p.second.stage == plug::Stage::pending;
  }));
}

}  // namespace postern::decide
