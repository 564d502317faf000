// SPDX-License-Identifier: Apache-2.0
// The rate of new mail networks that a declared server earned: three times its own mean of the day before (DETECTION.md
// section 1), when that is more than one a minute. It moves by no more than a factor of two from one day to the next,
// and not at all after a day on which its level stood at the first stage or higher: a patient bot cannot raise its own
// ceiling fast. What was earned is in use once the line's levels are at 0 (a ring of evidence has one pace). Days are
// UTC.
#pragma once

#include <algorithm>

#include "base/fields.h"
#include "base/time.h"

namespace postern::decide::detect {

struct Pace {
  static constexpr uint32_t kUsual_s = 60;
  static constexpr uint32_t kTimes = 3;

  uint32_t every_s = kUsual_s;  // in use
  uint32_t earned_s = kUsual_s;
  uint32_t day = 0;
  uint32_t contacts = 0;  // of the day
  bool frozen = false;

  void count(Time at, bool loud) {
    const auto today = static_cast<uint32_t>(at.unix_day());
    if (today != day) {
      const auto own = static_cast<uint32_t>(days(1).seconds()) / (kTimes * std::max(contacts, 1U));
      if (day != 0 && !frozen) earned_s = std::max(std::clamp(std::min(own, kUsual_s), earned_s / 2, earned_s * 2), 1U);
      *this = {every_s, earned_s, today, 0, false};
    }
    ++contacts;
    frozen = frozen || loud;
  }
  bool operator==(const Pace&) const = default;
  PN_FIELDS(every_s, earned_s, day, contacts, frozen)
};

}  // namespace postern::decide::detect
