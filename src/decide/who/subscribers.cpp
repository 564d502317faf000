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
  if (!mine.key.empty() && mine.key != subscriber.key) by_key_.erase(mine.key);
  mine = subscriber;
  by_key_[subscriber.key] = subscriber.id;
}

void Subscribers::erase(model::SubscriberId id) {
  if (id.value == 0 || id.value > all_.size()) return;
  model::Subscriber& mine = all_[id.value - 1];
  by_key_.erase(mine.key);
  mine = {};
  mine.id = id;
  mine.contact.erased = true;
  mine.accounts.erased = true;
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
    if (!all_.back().key.empty()) by_key_[all_.back().key] = all_.back().id;
  }
}

}  // namespace postern::decide::who
