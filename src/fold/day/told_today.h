// SPDX-License-Identifier: Apache-2.0
// What a line is told at most once a day (UTC). In memory only: gone with the day or a restart. Bounded: kLinesMax
// lines a day; who comes later is not told, and that is said. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_set>

#include "base/fields.h"
#include "base/time.h"

namespace postern::fold {

PN_ENUM(News, fresh, again, full)

class ToldToday {
 public:
  static constexpr size_t kLinesMax = 65'536;

  // fresh: from here on it is told. An event of a day before the newest one counts for that.
  [[nodiscard]] News see(uint32_t line, Time at);
  [[nodiscard]] size_t lines() const { return lines_.size(); }

 private:
  int64_t day_ = 0;
  std::unordered_set<uint32_t> lines_;
};

}  // namespace postern::fold
