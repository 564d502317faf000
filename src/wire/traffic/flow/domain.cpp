// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/flow/domain.h"

#include <algorithm>

namespace postern::wire {
namespace {
constexpr int32_t kLateMax = 10'000;
constexpr int32_t kLostMax = 10'000'000;
constexpr Duration kWindow = minutes(10);
}  // namespace

Sequence::Seen Sequence::see(uint32_t sequence, uint32_t length, bool known) {
  Seen seen;
  if (next_) {
    const auto ahead = static_cast<int32_t>(sequence - *next_);
    seen.late = ahead < 0 && ahead >= -kLateMax;
    seen.restarted = ahead < -kLateMax || ahead > kLostMax;
    if (ahead > 0 && !seen.restarted) seen.lost = static_cast<uint32_t>(ahead);
  }
  if (seen.late) return seen;
  next_ = sequence + length;
  if (!known) next_.reset();
  return seen;
}

void ClockOffset::see(Time received, Time exported) {
  if (!window_ || received - window_ > kWindow || received < window_) {
    before_ = now_;
    now_.reset();
    window_ = received;
  }
  const Duration offset = received - exported;
  now_ = now_ ? std::min(*now_, offset) : offset;
}

Duration ClockOffset::correction() const {
  if (!now_) return {};
  const Duration offset = before_ ? std::min(*before_, *now_) : *now_;
  return offset < kClockNear && offset > kClockNear * -1 ? Duration{} : offset;
}

}  // namespace postern::wire
