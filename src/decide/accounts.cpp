// SPDX-License-Identifier: Apache-2.0
// Accounts at the relay: what is seen of them is judged, and what the levels ask for is done as far as the operator's
// modes and the governor let; the rest is kept as shadow. A change is one record with the finding it rests on.
#include <algorithm>
#include <fmt/format.h>

#include "decide/work.h"

namespace postern::decide {
namespace {

using model::AccountState;
using model::Mode;

detect::account::Levels levels_of(const detect::AccountWatch::Levels& levels) {
  const auto of = [&](std::string_view name) {
    const auto names = detect::AccountWatch::names();
    return levels[static_cast<size_t>(std::ranges::find(names, name) - names.begin())];
  };
  return {of("account_delivery"), of("account_recipients"), of("account_login"), of("account_complaint")};
}

// What the rules let become of what is wanted.
AccountState allowed(AccountState wanted, const model::AccountRules& rules) {
  if (wanted == AccountState::locked && rules.lock_mode != Mode::on) wanted = AccountState::held;
  if (wanted == AccountState::held && rules.hold_mode != Mode::on) wanted = AccountState::open;
  return wanted;
}

}  // namespace

detect::Subject Engine::State::subject_of(model::AccountId account) const {
  const model::SubscriberId owner = facts.accounts.owner_of(account);
  detect::Subject out{owner, &class_of(owner), false, {}, account};
  return out;
}

void Work::operator()(const model::AccountUse& o) {
  ++state_.counters.account_uses;
  if (o.account.empty()) return;
  const detect::Subject subject = state_.subject_of(model::account_id(o.account));
  // What it makes of that by itself, stage by stage, is not journaled: an account's finding goes with what is done.
  (void)state_.account_watch.see(subject, o, at_, facts_.policy, state_.counters);
  judge_account(subject, o.account);
}

void Work::judge_account(const detect::Subject& subject, const std::string& name) {
  const model::AccountRules& rules = facts_.policy.accounts;
  const auto wanted = [&](Mode least) {
    return detect::account::wanted(levels_of(state_.account_watch.levels(subject, at_, facts_.policy, least)));
  };
  const AccountState by_all = wanted(Mode::shadow);
  if (by_all == AccountState::open || (rules.hold_mode == Mode::off && rules.lock_mode == Mode::off)) return;
  const model::Account* mine = facts_.accounts.find(subject.account);
  if (mine == nullptr && facts_.accounts.full()) {
    ++state_.counters.accounts_full;
    return;
  }
  model::Account a = mine != nullptr ? *mine : model::Account{};
  if (mine == nullptr) a.id = subject.account;
  a.name.value = name;
  a.owner = subject.line;
  AccountState to = std::max(allowed(wanted(Mode::on), rules), a.state);
  if (to > a.state && account_held(a)) {
    ++state_.counters.accounts_waiting;
    to = a.state;
  }
  if (to <= a.state && by_all <= a.shadow) return;
  a.shadow = std::max(a.shadow, by_all);
  const Mode least = to > a.state ? Mode::on : Mode::shadow;
  detect::Reached reached = state_.account_watch.opinion(subject, at_, facts_.policy, least);
  reached.finding.id = facts_.accounts.next_finding();
  a.because = reached.summary;
  const std::string why = to > a.state ? fmt::format("{}: {}", to_string(to), reached.summary)
                                       : fmt::format("would be {}: {}", to_string(a.shadow), reached.summary);
  change_account(std::move(a), to, std::move(reached.finding), why);
}

// Why automation does not touch this account now, or nothing: go on.
std::optional<std::string> Work::account_held(const model::Account& a) const {
  if (facts_.cases.stopped()) return "automation is stopped";
  const model::Subscriber* owner = facts_.subscribers.find(a.owner);
  const auto& kept = facts_.policy.governor.protected_lines;
  if (owner != nullptr && std::ranges::find(kept, owner->key) != kept.end()) return "its owner is protected";
  if (facts_.accounts.changed_since(at_ - hours(1)) >= facts_.policy.accounts.per_hour)
    return fmt::format("{} accounts in the last hour", facts_.policy.accounts.per_hour);
  return std::nullopt;
}

void Work::change_account(model::Account a, AccountState to, model::Finding finding, std::string why) {
  if (a.state != to) {
    const auto& channels = facts_.policy.channels;
    ++a.changes;
    a.settled = std::ranges::find(channels, model::Channel::webhook) == channels.end();
    a.changed = at_;
  }
  a.state = to;
  const model::SubscriberId owner = a.owner;
  emit(owner, model::AccountChanged{std::move(a), std::move(finding), std::move(why)});
}

void Work::operator()(const model::AccountCommand& o) {
  if (refused(validate_request(facts_, o, at_))) return;
  const std::string name = model::account_name(o.account);
  const model::AccountId id = model::account_id(name);
  const model::Account* mine = facts_.accounts.find(id);
  model::Account a = mine != nullptr ? *mine : model::Account{};
  a.id = id;
  a.name.value = name;
  a.owner = facts_.accounts.owner_of(id);
  const bool release = o.verb == model::AccountVerb::release;
  const AccountState to = release                              ? AccountState::open
                          : o.verb == model::AccountVerb::lock ? AccountState::locked
                                                               : AccountState::held;
  a.shadow = release ? AccountState::open : std::max(a.shadow, to);
  a.because = release ? std::string() : fmt::format("by {}: {}", o.operator_name, o.why);
  // What was seen before the password was new says nothing of who uses it now.
  if (release) state_.account_watch.forget(id.value);
  // The account's name stays out of the audit: there it could not be erased.
  act(o.operator_name,
      fmt::format("account {} {:016x}{}{}", to_string(o.verb), id.value, o.why.empty() ? "" : ": ", o.why));
  change_account(std::move(a), to, {}, fmt::format("{} by {}", to_string(o.verb), o.operator_name));
}

void Work::operator()(const model::AccountSettled& o) {
  const model::Account* mine = facts_.accounts.find(o.account);
  if (mine == nullptr || mine->settled || mine->changes != o.change) return;
  model::Account a = *mine;
  a.settled = true;
  const model::SubscriberId owner = a.owner;
  emit(owner,
       model::AccountChanged{
           std::move(a), {}, fmt::format("hook: {}{}{}", to_string(o.state), o.detail.empty() ? "" : ", ", o.detail)});
}

// Its owner is told, and that is all.
void Work::operator()(const model::ClearSignIn& o) { state_.counters.clear_sign_ins += is_probe(o.source) ? 0 : 1; }

void Work::operator()(const model::RelayLimit& o) {
  if (o.what == "auth_on_25") return;  // its owner is told, and that is all
  ++state_.counters.relay_limits;
  if (o.percent >= 100) ask_about_limit(o);
}

void Work::tick_accounts() {
  state_.account_watch.sweep(at_, [this](uint64_t key) { return state_.subject_of(model::AccountId{key}); });
}

}  // namespace postern::decide
