// SPDX-License-Identifier: Apache-2.0
#include "decide/who/claims.h"

namespace postern::decide::who {

void Claims::add(const Prefix& prefix, model::SessionId session) {
  if (claims_.emplace(prefix, session).second) ++in_use(prefix);
}

void Claims::remove(const Prefix& prefix, model::SessionId session) {
  if (claims_.erase({prefix, session}) != 0) --in_use(prefix);
}

std::vector<Claims::Claim> Claims::overlapping(const Prefix& prefix) const {
  std::vector<Claim> out;
  const auto& lengths = in_use_[prefix.address.family == Family::v4 ? 0 : 1];
  for (uint8_t length = 0; length < prefix.length; ++length) {
    if (lengths[length] == 0) continue;
    const Prefix outer = Prefix::of(prefix.address, length);
    for (auto it = claims_.lower_bound({outer, {}}); it != claims_.end() && it->first == outer; ++it)
      out.push_back(*it);
  }
  for (auto it = claims_.lower_bound({prefix, {}}); it != claims_.end() && prefix.contains(it->first); ++it)
    out.push_back(*it);
  return out;
}

bool Claims::claimed(const Prefix& exactly) const {
  const auto it = claims_.lower_bound({exactly, {}});
  return it != claims_.end() && it->first == exactly;
}

}  // namespace postern::decide::who
