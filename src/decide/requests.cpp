// SPDX-License-Identifier: Apache-2.0
// What operators order. Each accepted request is one OperatorAction besides what it changes.
#include <algorithm>
#include <fmt/format.h>

#include "decide/common/limits.h"
#include "decide/work.h"

namespace postern::decide {
namespace {

Status no_subscriber(model::SubscriberId id) {
  return fail(Errc::not_found, fmt::format("there is no subscriber {}", id.value), {}, "see postern subscriber list");
}

struct Validate {
  const Facts& facts;
  Time now;

  Status operator()(const model::GrantPermit& o) const {
    const bool known = facts.subscribers.find(o.permit.subscriber) != nullptr;
    PN_TRY_VOID(permits::validate(o, known, now));
    if (facts.permits.active(o.permit.subscriber) >= kPermitsPerSubscriberMax)
      return fail(Errc::limit, fmt::format("the subscriber has {} permits", kPermitsPerSubscriberMax), "permit grant",
                  "revoke those that are not needed");
    return {};
  }
  Status operator()(const model::RevokePermit& o) const {
    const model::Permit* permit = facts.permits.find(o.permit);
    if (permit == nullptr)
      return fail(Errc::not_found, fmt::format("there is no permit {}", o.permit.value), "permit revoke",
                  "see postern permit list");
    if (permit->state != model::PermitState::active)
      return fail(Errc::conflict, fmt::format("permit {} is {}", o.permit.value, to_string(permit->state)),
                  "permit revoke");
    return {};
  }
  Status operator()(const model::SetClass& o) const {
    if (facts.subscribers.find(o.subscriber) == nullptr) return no_subscriber(o.subscriber);
    if (!facts.policy.classes.contains(o.class_name))
      return fail(Errc::not_found, fmt::format("there is no class \"{}\"", o.class_name), {}, "add it to the settings");
    return {};
  }
  Status operator()(const model::EraseSubscriber& o) const {
    return facts.subscribers.find(o.subscriber) != nullptr ? Status{} : no_subscriber(o.subscriber);
  }
  Status operator()(const model::CaseCommand& o) const {
    const model::Case* c = facts.cases.find(o.case_);
    if (c == nullptr && o.verb == model::CaseVerb::undo) c = facts.cases.closed_by_hand(o.case_);
    if (c != nullptr && facts.subscribers.find(c->line) == nullptr) c = nullptr;  // erased since
    if (c == nullptr)
      return fail(Errc::not_found, fmt::format("there is no open case {}", o.case_.value), {}, "see postern case list");
    return casework::validate(*c, o, facts.class_of(c->line).cases, now);
  }
  Status operator()(const model::CasesCommand& o) const {
    return o.cases.empty() ? fail(Errc::bad_input, "no case is named", "case") : Status{};
  }
  Status operator()(const model::AccountCommand& o) const {
    if (model::account_name(o.account).empty()) return fail(Errc::bad_input, "no account is named", "account");
    const model::Account* a = facts.accounts.find(model::account_id(model::account_name(o.account)));
    const model::AccountState state = a == nullptr ? model::AccountState::open : a->state;
    if (o.verb == model::AccountVerb::release &&
        (a == nullptr || (state == model::AccountState::open && a->settled && a->shadow == model::AccountState::open)))
      return fail(Errc::conflict, "the account is neither held nor locked", "account release",
                  "see postern account list");
    if (o.verb == model::AccountVerb::hold && state != model::AccountState::open)
      return fail(Errc::conflict, fmt::format("the account is {} already", to_string(state)), "account hold");
    if (o.verb == model::AccountVerb::lock && state == model::AccountState::locked)
      return fail(Errc::conflict, "the account is locked already", "account lock");
    if (o.verb != model::AccountVerb::release && a == nullptr && facts.accounts.full())
      return fail(Errc::limit, fmt::format("{} accounts are held", detect::account::kChangedMax), "account",
                  "release those that are sound");
    return {};
  }
  Status operator()(const model::CampaignOrder& o) const {
    if (o.name.empty() || o.rows.empty()) return fail(Errc::bad_input, "a campaign has a name and rows", "campaign");
    if (o.rows.size() > model::kCampaignRowsMax)
      return fail(Errc::limit, fmt::format("{} rows, at most {}", o.rows.size(), model::kCampaignRowsMax), "campaign",
                  "send it in parts");
    if (facts.advices.all().size() + o.rows.size() > casework::kAdvicesMax)
      return fail(Errc::limit, fmt::format("{} letters of campaigns are known already", facts.advices.all().size()),
                  "campaign");
    return {};
  }
  Status operator()(const model::GovernorSwitch& o) const {
    if (o.stop != facts.cases.stopped()) return {};
    return fail(Errc::conflict, o.stop ? "automation is stopped already" : "automation is not stopped", "governor");
  }
  Status operator()(const model::ImportSubscribers& o) const {
    std::vector<std::string> wrong;
    for (const model::Subscriber& row : o.rows) {
      if (row.key.empty()) wrong.emplace_back("a row has no key");
      if (!row.class_name.empty() && !facts.policy.classes.contains(row.class_name))
        wrong.push_back(fmt::format("{}: there is no class \"{}\"", row.key, row.class_name));
      for (const Prefix& p : row.fixed)
        if (std::ranges::none_of(facts.policy.subscriber_prefixes, [&](const Prefix& r) { return r.contains(p); }))
          wrong.push_back(fmt::format("{}: {} is in none of network.subscriber_prefixes", row.key, to_string(p)));
      if (row.fixed.size() > kPrefixesPerSessionMax)
        wrong.push_back(
            fmt::format("{}: {} fixed prefixes, at most {}", row.key, row.fixed.size(), kPrefixesPerSessionMax));
    }
    if (wrong.empty()) return {};
    constexpr size_t kShown = 20;
    const size_t more = wrong.size() > kShown ? wrong.size() - kShown : 0;
    wrong.resize(std::min(wrong.size(), kShown));
    if (more != 0) wrong.push_back(fmt::format("and {} more", more));
    return fail(Errc::bad_input, fmt::format("{}", fmt::join(wrong, "; ")), o.file,
                "correct these rows or the settings; none of the rows was taken");
  }
  template <class Other>
  Status operator()(const Other&) const {
    return {};
  }
};

}  // namespace

Status validate_request(const Facts& facts, const model::ObservationBody& request, Time now) {
  return std::visit(Validate{facts, now}, request);
}

bool Work::refused(const Status& status) {
  state_.counters.requests_refused += status ? 0 : 1;
  return !status;
}

void Work::act(const std::string& operator_name, std::string action) {
  emit({}, model::OperatorAction{operator_name, std::move(action)});
}

Work::Row Work::take(model::Subscriber row) {
  if (row.key.empty()) return Row::refused;
  const model::Subscriber* mine = facts_.subscribers.find(row.key);
  row.id = mine != nullptr ? mine->id : facts_.subscribers.next_id();
  row.fixed = who::tidy(std::move(row.fixed));
  if (mine != nullptr && *mine == row) return Row::same;
  const bool fresh = mine == nullptr;
  const bool moved = fresh || mine->fixed != row.fixed || mine->access != row.access;
  const bool named = fresh || mine->leases != row.leases;
  emit(row.id, model::SubscriberChanged{row});
  redecide(row.id);
  who::Accounting who = accounting();
  if (named) who.adopt(row);
  if (moved) who.sync_fixed(row, at_, true);
  return fresh ? Row::fresh : Row::changed;
}

void Work::operator()(const model::ImportSubscribers& o) {
  std::array<size_t, 4> n{};
  for (const model::Subscriber& row : o.rows) ++n[static_cast<size_t>(take(row))];
  state_.counters.requests_refused += n[static_cast<size_t>(Row::refused)];
  const std::string part = o.total > o.rows.size()
                               ? fmt::format(", rows {} to {} of {}", o.first, o.first + o.rows.size() - 1, o.total)
                               : "";
  act(o.operator_name, fmt::format("subscriber import {}{}: {} new, {} changed, {} as before, {} refused", o.file, part,
                                   n[static_cast<size_t>(Row::fresh)], n[static_cast<size_t>(Row::changed)],
                                   n[static_cast<size_t>(Row::same)], n[static_cast<size_t>(Row::refused)]));
}

// Whoever has an open case is told by that; whoever was told the same text is not told again.
void Work::operator()(const model::CampaignOrder& o) {
  if (refused(validate_request(facts_, o, at_))) return;
  std::vector<model::Advice> fresh;
  for (const model::AdviceRow& row : o.rows) {
    const bool same =
        std::ranges::any_of(fresh, [&](const model::Advice& a) { return a.line == row.line && a.text == row.text; });
    if (same || facts_.subscribers.find(row.line) == nullptr || facts_.cases.open_of(row.line) != nullptr ||
        facts_.advices.knows(row.line, row.text))
      continue;
    model::Advice a;
    a.line = row.line;
    a.text = row.text;
    a.campaign = o.name;
    a.planned = at_;
    fresh.push_back(std::move(a));
  }
  act(o.operator_name, fmt::format("campaign {}: {} of {} lines {}", o.name, fresh.size(), o.rows.size(),
                                   o.send ? "are told" : "would be told (nothing is sent)"));
  if (!o.send) return;
  for (model::Advice& a : fresh) {
    a.id = facts_.advices.next_id();
    const model::SubscriberId line = a.line;
    emit(line, model::AdviceChanged{std::move(a)});
  }
}

void Work::operator()(const model::GrantPermit& o) {
  if (refused(validate_request(facts_, o, at_))) return;
  model::Permit permit = o.permit;
  permit.id = facts_.permits.next_id();
  permit.granted = at_;
  permit.granted_by = o.operator_name;
  emit(permit.subscriber, model::PermitChanged{permit});
  redecide(permit.subscriber);
  act(o.operator_name,
      fmt::format("permit grant {} {} until {}: permit {}", facts_.subscribers.find(permit.subscriber)->key,
                  to_string(permit.kind), to_string(permit.expires), permit.id.value));
}

void Work::operator()(const model::RevokePermit& o) {
  if (refused(validate_request(facts_, o, at_))) return;
  model::Permit permit = *facts_.permits.find(o.permit);
  permit.state = model::PermitState::revoked;
  emit(permit.subscriber, model::PermitChanged{permit});
  redecide(permit.subscriber);
  act(o.operator_name, fmt::format("permit revoke {}: {}", o.permit.value, o.why.empty() ? "no reason given" : o.why));
}

void Work::operator()(const model::SetClass& o) {
  if (refused(validate_request(facts_, o, at_))) return;
  model::Subscriber subscriber = *facts_.subscribers.find(o.subscriber);
  if (subscriber.class_name == o.class_name) return;
  const std::string before = std::exchange(subscriber.class_name, o.class_name);
  emit(subscriber.id, model::SubscriberChanged{subscriber});
  redecide(subscriber.id);
  act(o.operator_name, fmt::format("subscriber class {}: {} instead of {}", subscriber.key, o.class_name,
                                   before.empty() ? "the default" : before));
}

void Work::operator()(const model::EraseSubscriber& o) {
  if (refused(validate_request(facts_, o, at_))) return;
  const model::SubscriberId id = o.subscriber;
  for (const model::SessionId session : facts_.sessions.of_subscriber(id))
    accounting().end(session, at_, model::SessionEnd::removed);
  std::vector<model::Permit> permits;
  for (const auto& [number, permit] : facts_.permits.all())
    if (permit.subscriber == id && permit.state == model::PermitState::active) permits.push_back(permit);
  for (model::Permit& permit : permits) {
    permit.state = model::PermitState::revoked;
    emit(id, model::PermitChanged{std::move(permit)});
  }
  if (const model::Case* open = facts_.cases.open_of(id)) change(casework::on_erased(*open, at_));
  emit(id, model::SubscriberErased{id});
  state_.watch.forget(id.value);
  act(o.operator_name, fmt::format("subscriber erase {}", id.value));
}

}  // namespace postern::decide
