// SPDX-License-Identifier: Apache-2.0
// Which sessions claim which prefixes, and which of them overlap. Ordered by prefix, then session.
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "base/ip.h"
#include "model/ids.h"

namespace postern::decide::who {

class Claims {
 public:
  using Claim = std::pair<Prefix, model::SessionId>;

  void add(const Prefix& prefix, model::SessionId session);
  void remove(const Prefix& prefix, model::SessionId session);
  // Claims on a prefix that contains `prefix` or lies in it; by prefix length up to `prefix`, then by prefix.
  [[nodiscard]] std::vector<Claim> overlapping(const Prefix& prefix) const;
  [[nodiscard]] bool claimed(const Prefix& exactly) const;
  [[nodiscard]] const std::set<Claim>& all() const { return claims_; }

 private:
  [[nodiscard]] uint32_t& in_use(const Prefix& p) { return in_use_[p.address.family == Family::v4 ? 0 : 1][p.length]; }

  std::set<Claim> claims_;
  std::array<std::array<uint32_t, 129>, 2> in_use_{};  // claims per family and length: only these can contain another
};

}  // namespace postern::decide::who
