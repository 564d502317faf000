// SPDX-License-Identifier: Apache-2.0
// How a level fades that does not drain at a rate.
#pragma once

#include <algorithm>

#include "decide/frame/contract.h"

namespace postern::decide::detect {

// Exact integers: halved once per whole half-life since the level was set, and in between on the straight line to the
// next half (never more than 6 % above the exponential).
[[nodiscard]] constexpr int32_t halved(const Level& level, Time now, Duration half_life) {
  const int64_t since_us = std::max<int64_t>((now - level.at).us, 0);
  const int64_t halvings = since_us / half_life.us;
  if (halvings >= 31) return 0;
  const int64_t whole = level.mnat >> halvings;
  return static_cast<int32_t>(whole - whole * (since_us % half_life.us) / (2 * half_life.us));
}

}  // namespace postern::decide::detect
