// SPDX-License-Identifier: Apache-2.0
#include "decide/detect/account/book/book.h"

#include <algorithm>

namespace postern::decide::detect::account {

model::AccountState wanted(const Levels& l) {
  constexpr int32_t kOne = 2'000;  // failures that deliveries have not made up for
  constexpr int32_t kTwo = 4'000;
  constexpr int32_t kSome = 2'300;
  constexpr int32_t kWatch = 4'600;
  constexpr int32_t kCase = 9'200;
  constexpr int32_t kDozens = 3 * kCase;
  constexpr int32_t kInvitation = 4 * kCase;
  constexpr int32_t kBeyondDoubt = 2 * kCase;
  const bool worn = l.delivery >= kCase;
  const bool strangers = l.recipients >= kDozens;
  if ((worn && strangers) || (l.delivery >= kBeyondDoubt && l.login >= kWatch)) return model::AccountState::locked;
  if (worn && (l.recipients >= kCase || l.login >= kSome || l.complaint >= kWatch)) return model::AccountState::held;
  if (strangers && (l.login >= kWatch || l.delivery >= kTwo)) return model::AccountState::held;
  if (l.recipients >= kInvitation && (l.login >= kSome || l.delivery >= kOne)) return model::AccountState::held;
  return l.delivery >= kBeyondDoubt ? model::AccountState::held : model::AccountState::open;
}

void Book::apply(const model::Subscriber& subscriber) {
  if (const auto mine = owned_.find(subscriber.id); mine != owned_.end()) {
    for (const model::AccountId id : mine->second)
      if (const auto it = owners_.find(id); it != owners_.end() && it->second == subscriber.id) owners_.erase(it);
    owned_.erase(mine);
  }
  if (subscriber.accounts.value.empty()) return;
  std::vector<model::AccountId>& ids = owned_[subscriber.id];
  for (const std::string& name : subscriber.accounts.value) {
    ids.push_back(model::account_id(name));
    owners_[ids.back()] = subscriber.id;
  }
}

void Book::apply(const model::AccountChanged& changed, Time at) {
  const model::Account& a = changed.account;
  last_finding_ = std::max(last_finding_, changed.finding.id);
  if (changed.finding.id && a.state != model::AccountState::open) changes_.push_back(at);
  while (!changes_.empty() && changes_.front() < at - hours(1)) changes_.pop_front();
  if (a.state == model::AccountState::open && a.shadow == model::AccountState::open && a.settled) {
    accounts_.erase(a.id);
  } else {
    accounts_[a.id] = a;
  }
}

void Book::erase(model::SubscriberId owner) {
  apply(model::Subscriber{.id = owner,
                          .key = {},
                          .class_name = {},
                          .contact = {},
                          .fixed = {},
                          .access = {},
                          .accounts = {},
                          .leases = {}});
  std::erase_if(accounts_, [&](const auto& a) { return a.second.owner == owner; });
}

model::SubscriberId Book::owner_of(model::AccountId id) const {
  const auto it = owners_.find(id);
  return it == owners_.end() ? model::SubscriberId{} : it->second;
}

const model::Account* Book::find(model::AccountId id) const {
  const auto it = accounts_.find(id);
  return it == accounts_.end() ? nullptr : &it->second;
}

size_t Book::changed_since(Time since) const {
  return static_cast<size_t>(std::ranges::count_if(changes_, [&](Time t) { return t >= since; }));
}

void Book::encode(Encoder& out) const {
  out.put(static_cast<uint64_t>(accounts_.size()));
  for (const auto& [id, a] : accounts_) out.put(a);
  out.put(std::vector<Time>(changes_.begin(), changes_.end()));
  out.put(last_finding_);
}

void Book::decode(Decoder& in) {
  accounts_.clear();
  uint64_t n = 0;
  in.get(n);
  for (uint64_t i = 0; i < n && in.ok(); ++i) {
    model::Account a;
    in.get(a);
    accounts_[a.id] = a;
  }
  std::vector<Time> changes;
  in.get(changes);
  changes_.assign(changes.begin(), changes.end());
  in.get(last_finding_);
}

}  // namespace postern::decide::detect::account
