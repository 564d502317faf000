// SPDX-License-Identifier: Apache-2.0
#include "rehearse/subjects.h"

#include <algorithm>

namespace postern::rehearse {

Subjects::Subjects(const model::Policy& policy, std::vector<model::Subscriber> subscribers, SessionHistory history)
    : policy_(policy), subscribers_(std::move(subscribers)), history_(std::move(history)) {
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

uint32_t Subjects::add(std::string name, std::string_view class_name, const IpAddress& address) {
  if (all_.size() >= kSubjectsMax) {
    ++refused_;
    return 0;
  }
  Subject s;
  s.address = address;
  s.name = std::move(name);
  s.class_name = class_name.empty() ? policy_.default_class : class_name;
  all_.push_back(std::move(s));
  return count();
}

uint32_t Subjects::of_line(const SessionHistory::Line& line, const IpAddress& address) {
  const auto known = by_key_.find(line.key);
  if (known != by_key_.end()) return known->second;
  const uint32_t number = add(line.key, line.class_name, address);
  if (number != 0) by_key_.emplace(line.key, number);
  return number;
}

uint32_t Subjects::of(const IpAddress& address, Time at) {
  if (!governed(address)) return 0;
  if (!history_.empty()) {
    const SessionHistory::Answer had = history_.who(address, at);
    if (had.kind == SessionHistory::Kind::found) return of_line(history_.lines()[had.line], address);
    if (had.kind == SessionHistory::Kind::ambiguous) {
      ++ambiguous_;
      return 0;
    }
  }
  const Prefix own = Prefix::of(address, address.family == Family::v4 ? 32 : 64);
  const auto known = numbers_.find(own);
  if (known != numbers_.end()) return known->second;
  const model::Subscriber* subscriber = subscriber_of(address);
  const uint32_t number = subscriber != nullptr
                              ? of_line({subscriber->key, subscriber->class_name}, address)
                              : add(address.family == Family::v4 ? to_string(address) : to_string(own), {}, address);
  if (number != 0 && numbers_.size() < kSubjectsMax) numbers_.emplace(own, number);
  return number;
}

const model::ClassPolicy& Subjects::policy_of(uint32_t number) const {
  const auto it = policy_.classes.find(at(number).class_name);
  return it != policy_.classes.end() ? it->second : policy_.classes.at("unknown");
}

}  // namespace postern::rehearse
