// SPDX-License-Identifier: Apache-2.0
// What a detector saw already, in four bytes each: FNV-1a, 32 bits; never 0.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "base/fields.h"

namespace postern::decide::detect {

[[nodiscard]] constexpr uint32_t fingerprint_of(std::string_view text, int64_t day = 0) {
  uint32_t h = 2'166'136'261U;
  for (const char c : text) h = (h ^ static_cast<uint8_t>(c)) * 16'777'619U;
  for (int shift = 0; shift < 64; shift += 8) h = (h ^ static_cast<uint8_t>(day >> shift)) * 16'777'619U;
  return std::max(h, 1U);
}

// The latest N, each once; the oldest gives way.
template <size_t N>
struct SeenLately {
  std::array<uint32_t, N> marks{};  // 0 = free
  uint8_t next = 0;
  bool operator==(const SeenLately&) const = default;
  PN_FIELDS(marks, next)

  // Whether this one is new; from here on it is not.
  bool is_new(uint32_t mark) {
    if (std::ranges::find(marks, mark) != marks.end()) return false;
    marks[next] = mark;
    next = static_cast<uint8_t>((next + 1) % N);
    return true;
  }
};

}  // namespace postern::decide::detect
