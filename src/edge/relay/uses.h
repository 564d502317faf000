// SPDX-License-Identifier: Apache-2.0
// Uses: what accounts did since the brain was last told, one sum for each account and source. Taken twice a second.
// Bound: kUsesMax sums between two takings; what finds no place is counted, never waited for. One thread.
#pragma once

#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ip.h"
#include "model/observation.h"

namespace postern::edge::relay {

inline constexpr size_t kUsesMax = 16'384;
inline constexpr size_t kLimitsMax = 4'096;

class Uses {
 public:
  // The sum to add to; nullptr: no place.
  [[nodiscard]] model::AccountUse* of(uint64_t account_key, std::string_view name, const IpAddress& source);
  void limit(model::RelayLimit limit);

  // At most `most` of either; the rest waits for the next taking.
  [[nodiscard]] std::vector<model::AccountUse> take(size_t most);
  [[nodiscard]] std::vector<model::RelayLimit> take_limits();
  [[nodiscard]] uint64_t dropped() const { return dropped_; }

 private:
  struct Key {
    uint64_t account = 0;
    IpAddress source;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    size_t operator()(const Key& k) const noexcept;
  };
  std::unordered_map<Key, model::AccountUse, Hash> uses_;
  std::vector<model::RelayLimit> limits_;
  uint64_t dropped_ = 0;
};

}  // namespace postern::edge::relay
