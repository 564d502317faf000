// SPDX-License-Identifier: Apache-2.0
// When everybody's mail fails it is not everybody who is infected (DETECTION.md section 2: upstream outage). A failure
// is excused when the same destination network failed for kLinesOfNetwork lines within kWindow, or when more than one
// in kShare of the lines that mail had a failure within the window and they are kLinesAtLeast or more: below that a
// share of 2 % is one or two lines and says nothing. Causal: the failures before the guard rose have counted. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>

#include "base/time.h"

namespace postern::fold {

class Outages {
 public:
  static constexpr Duration kWindow = minutes(5);
  static constexpr size_t kLinesOfNetwork = 3;
  static constexpr size_t kShare = 50;  // 2 %
  static constexpr size_t kLinesAtLeast = 20;
  static constexpr size_t kNetworksMax = 65'536;  // failing at one time; beyond, the table starts anew

  // True when this failure says nothing about the line. `lines`: how many have mailed so far.
  bool excuses(uint32_t line, uint64_t network, size_t lines, Time now);
  [[nodiscard]] uint64_t excused() const { return excused_; }
  [[nodiscard]] uint64_t overflows() const { return overflows_; }

 private:
  struct Failing {
    std::array<uint32_t, kLinesOfNetwork> lines{};
    std::array<Time, kLinesOfNetwork> at{};
  };
  bool network_fails(uint32_t line, uint64_t network, Time now);

  std::unordered_map<uint64_t, Failing> networks_;
  std::unordered_set<uint32_t> failing_;  // lines, since window_
  Time window_;
  uint64_t excused_ = 0;
  uint64_t overflows_ = 0;
};

}  // namespace postern::fold
