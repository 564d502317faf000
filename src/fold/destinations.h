// SPDX-License-Identifier: Apache-2.0
// Which destination networks (or names) a line has met lately, for all lines together: two Bloom filters that take
// turns, each for half of `memory`, so a pair is remembered for between half of it and all of it after it was last
// seen. Ten bits a pair at `kPairs` pairs: then 1 in 100 first contacts is taken for a known one, which hides evidence
// and never invents any. More pairs hide more; fill() says how much. Pure; time comes with each call and only moves on.
#pragma once

#include <cstdint>
#include <vector>

#include "base/ip.h"
#include "base/time.h"

namespace postern::fold {

class Destinations {
 public:
  static constexpr size_t kBitsUsual = size_t{1} << 27;  // 16 MiB a filter; 13 million pairs

  explicit Destinations(Duration memory, size_t bits = kBitsUsual);

  // True when `line` has not met `what` lately; it has now.
  bool first(uint64_t line, uint64_t what, Time now);
  [[nodiscard]] size_t bytes() const { return (now_.size() + before_.size()) * sizeof(uint64_t); }
  // Pairs added to the filter that is being filled; above bits / 10 too many first contacts are hidden.
  [[nodiscard]] uint64_t fill() const { return added_; }

 private:
  void turn(Time now);

  Duration half_;
  uint64_t mask_;
  std::vector<uint64_t> now_;
  std::vector<uint64_t> before_;
  Time since_;
  uint64_t added_ = 0;
};

// What is remembered of a destination: its network (v4 /24, v6 /48), as 64 bits. Never 0.
[[nodiscard]] uint64_t fingerprint(const Prefix& network);
[[nodiscard]] uint64_t fingerprint(std::string_view name);

}  // namespace postern::fold
