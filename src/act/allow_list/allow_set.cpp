// SPDX-License-Identifier: Apache-2.0
#include "act/allow_list/allow_set.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace postern::act::allow_list {

bool is_public(const IpAddress& address) {
  // IANA's registries of special-purpose addresses, where nobody's update server is; the ranges for documentation are
  // left out, because nothing is there to be reached.
  static const std::vector<Prefix> kNever = [] {
    constexpr std::array<std::string_view, 15> kTexts{
        "0.0.0.0/8",      "10.0.0.0/8",     "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12",  "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3", "::/8",
        "64:ff9b:1::/48", "100::/64",       "fc00::/7",      "fe80::/10",   "ff00::/8"};
    std::vector<Prefix> out;
    for (const std::string_view text : kTexts) out.push_back(*parse_prefix(text));
    return out;
  }();
  return std::ranges::none_of(kNever, [&](const Prefix& p) { return p.contains(address); });
}

AllowSet::AllowSet(std::span<const std::string> names, Duration keep, size_t addresses_max)
    : keep_(keep), addresses_max_(addresses_max) {
  for (const std::string& name : names) names_[name];
}

std::optional<std::string> AllowSet::due(Time now) {
  for (auto& [text, name] : names_) {
    if (name.asked || now < name.due) continue;
    name.asked = true;
    return text;
  }
  return std::nullopt;
}

bool AllowSet::answered(const std::string& name, std::span<const IpAddress> addresses, Duration ttl, Time now) {
  const auto it = names_.find(name);
  if (it == names_.end()) return false;
  it->second = {.due = now + std::clamp(ttl, kAgainAtLeast, kAgainAtMost), .asked = false, .found = 0};
  bool changed = false;
  for (const IpAddress& a : addresses) {
    if (!is_public(a)) {
      ++refused_;
      continue;
    }
    ++it->second.found;
    const auto [held, is_new] = addresses_.try_emplace(a);
    held->second = {.seen = now, .until = std::max(held->second.until, now + std::max(ttl, keep_))};
    changed |= is_new;
  }
  while (addresses_.size() > addresses_max_) {
    ++evicted_;
    addresses_.erase(std::ranges::min_element(addresses_, {}, [](const auto& a) { return a.second.seen; }));
  }
  return changed;
}

void AllowSet::failed(const std::string& name, Time now) {
  const auto it = names_.find(name);
  if (it == names_.end()) return;
  it->second.due = now + kAgainFailed;
  it->second.asked = false;
}

bool AllowSet::expire(Time now) {
  return std::erase_if(addresses_, [now](const auto& a) { return a.second.until <= now; }) > 0;
}

std::vector<Prefix> AllowSet::prefixes() const {
  std::vector<Prefix> out;
  out.reserve(addresses_.size());
  for (const auto& [address, held] : addresses_) out.push_back(Prefix::host(address));
  return out;
}

size_t AllowSet::unresolved() const {
  return static_cast<size_t>(std::ranges::count_if(names_, [](const auto& n) { return n.second.found == 0; }));
}

}  // namespace postern::act::allow_list
