// SPDX-License-Identifier: Apache-2.0
#include "fold/day/told_today.h"

namespace postern::fold {

News ToldToday::see(uint32_t line, Time at) {
  if (at.unix_day() > day_) {
    day_ = at.unix_day();
    lines_.clear();
  }
  if (lines_.contains(line)) return News::again;
  if (lines_.size() >= kLinesMax) return News::full;
  lines_.insert(line);
  return News::fresh;
}

}  // namespace postern::fold
