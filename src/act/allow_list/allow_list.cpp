// SPDX-License-Identifier: Apache-2.0
#include "act/allow_list/allow_list.h"

#include <algorithm>

#include "sys/log.h"

namespace postern::act::allow_list {

AllowList::AllowList(Config config, sys::Loop& loop, sys::Resolver* resolver, Changed changed,
                     std::function<Time()> now)
    : config_(std::move(config)),
      loop_(loop),
      resolver_(resolver),
      changed_(std::move(changed)),
      now_(std::move(now)),
      set_(config_.names, config_.keep, config_.addresses_max),
      timer_(loop.every(seconds(1), [this] { step(); })) {
  loop_.after({}, [this] {
    changed_(prefixes());
    step();
  });
}

AllowList::~AllowList() { loop_.cancel(timer_); }

std::vector<Prefix> AllowList::prefixes() const {
  std::vector<Prefix> out = set_.prefixes();
  out.insert(out.end(), config_.fixed.begin(), config_.fixed.end());
  std::ranges::sort(out);
  const auto twice = std::ranges::unique(out);
  out.erase(twice.begin(), twice.end());
  return out;
}

void AllowList::step() {
  const Time now = now_();
  if (set_.expire(now)) changed_(prefixes());
  if (resolver_ == nullptr) return;
  while (in_flight_ < kInFlightMax) {
    const auto name = set_.due(now);
    if (!name) return;
    ask(*name);
  }
}

void AllowList::ask(const std::string& name) {
  ++in_flight_;
  ++lookups_;
  resolver_->look_up(name, [this, name](const Result<sys::Addresses>& found) {
    --in_flight_;
    const Time now = now_();
    if (!found) {
      ++failures_;
      return set_.failed(name, now);
    }
    const uint64_t evicted = set_.evicted();
    const uint64_t refused = set_.refused();
    const bool changed = set_.answered(name, found->addresses, found->ttl, now);
    if (set_.evicted() != evicted)
      sys::log(sys::Level::warning, "garden", "ALLOW_LIST_FULL",
               "more addresses than garden.addresses_max; those seen longest ago are closed again", {{"name", name}});
    if (set_.refused() != refused)
      sys::log(sys::Level::warning, "garden", "ALLOW_NAME_REFUSED",
               "a name points to an address that no name may let in; name it in garden.allow", {{"name", name}});
    if (changed) changed_(prefixes());
  });
}

}  // namespace postern::act::allow_list
