// SPDX-License-Identifier: Apache-2.0
// Chance from a seed: the same seed gives the same population. SplitMix64 (Steele, Lea, Flood 2014), 8 bytes of state,
// so that every line has its own and one more line changes no other. Not for secrets.
#pragma once

#include <cmath>
#include <cstdint>

#include "base/time.h"

namespace postern::rehearse {

constexpr uint64_t mixed(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}
constexpr uint64_t kGolden = 0x9e3779b97f4a7c15ULL;
// Of two things together; what is fixed about a thing (a line's kind, a domain's servers) is read off it.
constexpr uint64_t mark_of(uint64_t a, uint64_t b) { return mixed((mixed(a + kGolden) ^ b) + kGolden); }
constexpr double share_of(uint64_t mark) { return static_cast<double>(mark >> 11) * 0x1.0p-53; }

struct Chance {
  uint64_t state = 0;

  uint64_t next() { return mixed(state += kGolden); }
  double share() { return share_of(next()); }  // [0, 1)
  bool happens(double probability) { return share() < probability; }
  uint64_t below(uint64_t n) { return next() % n; }  // the bias is below 2^-32 for what is asked here
  Duration within(Duration d) { return {static_cast<int64_t>(share() * static_cast<double>(d.us))}; }
  // Time to the next of events that come `mean` apart on average and do not know of one another.
  Duration wait(Duration mean) {
    return {static_cast<int64_t>(-std::log1p(-share()) * static_cast<double>(mean.us)) + 1};
  }
  // 1, 2, 3 ... with this mean.
  uint32_t count(double mean) {
    return 1 + static_cast<uint32_t>(std::log1p(-share()) / std::log1p(-1.0 / std::fmax(mean, 1.000001)));
  }
  // Heavy tail: median `middle`, and one in six beyond `middle * spread`.
  double spread(double middle, double factor) {
    const double u = std::sqrt(-2 * std::log1p(-share())) * std::cos(2 * M_PI * share());
    return middle * std::pow(factor, u);
  }
};

}  // namespace postern::rehearse
