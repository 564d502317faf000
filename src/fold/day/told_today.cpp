// SPDX-License-Identifier: Apache-2.0
#include "fold/day/told_today.h"

#include <utility>

namespace postern::fold {

News ToldToday::see(uint32_t line, Time at) {
  if (const int64_t day = at.unix_day() / days_; day > day_) {
    day_ = day;
    lines_.clear();
    full_ = false;
  }
  if (lines_.contains(line)) return News::again;
  if (lines_.size() >= kLinesMax) {
    ++untold_;
    return std::exchange(full_, true) ? News::still_full : News::full;
  }
  lines_.insert(line);
  ++told_;
  return News::fresh;
}

}  // namespace postern::fold
