// SPDX-License-Identifier: Apache-2.0
#include "rehearse/subjects.h"

#include <algorithm>

namespace postern::rehearse {

Subjects::Subjects(const model::Policy& policy, std::vector<model::Subscriber> subscribers)
    : policy_(policy), subscribers_(std::move(subscribers)) {
  for (size_t i = 0; i < subscribers_.size(); ++i)
    for (const Prefix& p : subscribers_[i].fixed) fixed_.emplace(p, i);
}

bool Subjects::governed(const IpAddress& address) const {
  return std::ranges::any_of(policy_.subscriber_prefixes, [&](const Prefix& p) { return p.contains(address); });
}

// Prefixes of an import do not overlap: the last one that begins at or before the address is the one, if any.
const model::Subscriber* Subjects::subscriber_of(const IpAddress& address) const {
  auto it = fixed_.upper_bound(Prefix{address, 128});
  if (it == fixed_.begin()) return nullptr;
  --it;
  return it->first.contains(address) ? &subscribers_[it->second] : nullptr;
}

uint32_t Subjects::of(const IpAddress& address) {
  if (!governed(address)) return 0;
  const Prefix own = Prefix::of(address, address.family == Family::v4 ? 32 : 64);
  const auto known = numbers_.find(own);
  if (known != numbers_.end()) return known->second;
  if (numbers_.size() >= kSubjectsMax) {
    ++refused_;
    return 0;
  }
  const model::Subscriber* subscriber = subscriber_of(address);
  uint32_t number = count() + 1;
  if (subscriber != nullptr) number = by_key_.try_emplace(subscriber->key, number).first->second;
  numbers_.emplace(own, number);
  if (number <= count()) return number;
  Subject s;
  s.address = address;
  s.name = subscriber != nullptr ? subscriber->key : address.family == Family::v4 ? to_string(address) : to_string(own);
  s.class_name =
      subscriber != nullptr && !subscriber->class_name.empty() ? subscriber->class_name : policy_.default_class;
  all_.push_back(std::move(s));
  return number;
}

const model::ClassPolicy& Subjects::policy_of(uint32_t number) const {
  const auto it = policy_.classes.find(at(number).class_name);
  return it != policy_.classes.end() ? it->second : policy_.classes.at("unknown");
}

}  // namespace postern::rehearse
