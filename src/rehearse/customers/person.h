// SPDX-License-Identifier: Apache-2.0
// How one household answers. Drawn from the town's seed alone, so that every arm of a trial has the same people.
#pragma once

#include <random>

#include "base/time.h"

namespace postern::rehearse {

class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed) {}
  [[nodiscard]] uint64_t below(uint64_t n) { return random_() % n; }
  [[nodiscard]] bool chance(uint32_t per_cent) { return below(100) < per_cent; }
  [[nodiscard]] Duration within(Duration most) {
    return microseconds(static_cast<int64_t>(below(static_cast<uint64_t>(most.us))));
  }

 private:
  std::mt19937_64 random_;
};

struct Person {
  bool has_mail = false;
  bool mail_bounces = false;
  bool reads = false;    // mail
  bool answers = false;  // the telephone
  bool cleans = false;
  bool lies = false;  // says it is fixed when it is not
  bool relapses = false;
  Duration reads_after;
  Duration cleans_after;  // from being told
  // When the Internet is gone.
  bool browses = false;  // sees the page of the garden
  bool calls = false;
  bool cleans_when_cut = false;
  Duration notices_after;
};
[[nodiscard]] Person draw(Dice& dice);

}  // namespace postern::rehearse
