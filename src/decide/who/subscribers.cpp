// SPDX-License-Identifier: Apache-2.0
#include "decide/who/subscribers.h"

namespace postern::decide::who {

void Subscribers::apply(const model::Subscriber& subscriber) {
  while (all_.size() < subscriber.id.value)
    all_.push_back({.id = next_id(),
                    .key = {},
                    .class_name = {},
                    .contact = {},
                    .fixed = {},
                    .access = {},
                    .accounts = {},
                    .leases = {}});
  model::Subscriber& mine = all_[subscriber.id.value - 1];
  unname(mine);
  mine = subscriber;
  name(mine);
}

void Subscribers::erase(model::SubscriberId id) {
  if (id.value == 0 || id.value > all_.size()) return;
  model::Subscriber& mine = all_[id.value - 1];
  unname(mine);
  mine = {};
  mine.id = id;
  mine.contact.erased = true;
  mine.accounts.erased = true;
  mine.leases.erased = true;
}

void Subscribers::name(const model::Subscriber& s) {
  if (!s.key.empty()) by_key_[s.key] = s.id;
  for (const std::string& lease : *s.leases) by_lease_[lease].insert(s.id);
}

void Subscribers::unname(const model::Subscriber& s) {
  by_key_.erase(s.key);
  for (const std::string& lease : *s.leases) {
    const auto it = by_lease_.find(lease);
    if (it == by_lease_.end()) continue;
    it->second.erase(s.id);
    if (it->second.empty()) by_lease_.erase(it);
  }
}

const model::Subscriber* Subscribers::of_lease(std::span<const std::string> names) const {
  for (const std::string& name : names) {
    if (const auto it = by_lease_.find(name); it != by_lease_.end())
      return it->second.size() == 1 ? find(*it->second.begin()) : nullptr;
    for (const model::LeaseNameKind kind : kSubscriberNames) {
      const std::string_view word = to_string(kind);
      if (!name.starts_with(word) || name.size() <= word.size() + 1 || name[word.size()] != ':') continue;
      if (const model::Subscriber* s = find(std::string_view(name).substr(word.size() + 1))) return s;
    }
  }
  return nullptr;
}

const model::Subscriber* Subscribers::find(model::SubscriberId id) const {
  if (id.value == 0 || id.value > all_.size() || all_[id.value - 1].key.empty()) return nullptr;
  return &all_[id.value - 1];
}

const model::Subscriber* Subscribers::find(std::string_view key) const {
  const auto it = by_key_.find(std::string(key));
  return it == by_key_.end() ? nullptr : find(it->second);
}

void Subscribers::encode(Encoder& out) const {
  out.put(static_cast<uint64_t>(all_.size()));
  for (const model::Subscriber& s : all_) out.put(s);
}

void Subscribers::decode(Decoder& in) {
  *this = Subscribers{};
  uint64_t n = 0;
  in.get(n);
  for (uint64_t i = 0; i < n && in.ok(); ++i) {
    in.get(all_.emplace_back());
    if (all_.back().id.value != i + 1) in.spoil();
    name(all_.back());
  }
}

}  // namespace postern::decide::who
