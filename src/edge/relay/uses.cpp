// SPDX-License-Identifier: Apache-2.0
#include "edge/relay/uses.h"

#include <cstring>
#include <utility>

namespace postern::edge::relay {

size_t Uses::Hash::operator()(const Key& k) const noexcept {
  // The account's key is a keyed hash already; the source's octets only tell its sums apart.
  uint64_t low = 0;
  std::memcpy(&low, k.source.bytes.data(), sizeof low);
  return k.account ^ low * 0x9e3779b97f4a7c15ULL;
}

model::AccountUse* Uses::of(uint64_t account_key, std::string_view name, const IpAddress& source) {
  const Key key{account_key, source};
  if (const auto it = uses_.find(key); it != uses_.end()) return &it->second;
  if (uses_.size() >= kUsesMax) {
    ++dropped_;
    return nullptr;
  }
  model::AccountUse& use = uses_[key];
  use.account = model::account_name(name);
  use.source = source;
  return &use;
}

void Uses::limit(model::RelayLimit limit) {
  if (limits_.size() < kLimitsMax) {
    limits_.push_back(std::move(limit));
  } else {
    ++dropped_;
  }
}

std::vector<model::AccountUse> Uses::take(size_t most) {
  std::vector<model::AccountUse> out;
  while (!uses_.empty() && out.size() < most) out.push_back(std::move(uses_.extract(uses_.begin()).mapped()));
  return out;
}

std::vector<model::RelayLimit> Uses::take_limits() { return std::exchange(limits_, {}); }

}  // namespace postern::edge::relay
