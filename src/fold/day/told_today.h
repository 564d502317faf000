// SPDX-License-Identifier: Apache-2.0
// What a line is told at most once a day (UTC), or in so many days, which begin together for all. In memory only: gone
// with the day or a restart. Bounded: kLinesMax lines a day; who comes later is not told, and that is said. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_set>

#include "base/fields.h"
#include "base/time.h"

namespace postern::fold {

// full: the first one of a day that there is no room for; still_full: the next ones.
PN_ENUM(News, fresh, again, full, still_full)

class ToldToday {
 public:
  static constexpr size_t kLinesMax = 65'536;

  explicit ToldToday(uint32_t days = 1) : days_(days) {}

  // fresh: from here on it is told. An event of a day before the newest one counts for that.
  [[nodiscard]] News see(uint32_t line, Time at);
  [[nodiscard]] size_t lines() const { return lines_.size(); }
  // Of all days: fresh ones, and those without room.
  [[nodiscard]] uint64_t told() const { return told_; }
  [[nodiscard]] uint64_t untold() const { return untold_; }

 private:
  uint32_t days_;
  int64_t day_ = 0;  // number of the period
  std::unordered_set<uint32_t> lines_;
  bool full_ = false;
  uint64_t told_ = 0;
  uint64_t untold_ = 0;
};

}  // namespace postern::fold
