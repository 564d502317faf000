// SPDX-License-Identifier: Apache-2.0
// Virtual customers: a seeded network of lines, some of which fall ill, and people who read their mail or not, clean
// their machines or not, fall ill again, call when their Internet is gone, under a virtual clock. The engine runs as it
// is; a second book (laws.h), kept by this simulator, knows the truth and says where casework broke its word. Two arms
// of a trial are two calls with the same town and other rules: the same people fall ill at the same times.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/policy.h"

namespace postern::rehearse {

struct Town {
  uint32_t lines = 10'000;
  uint32_t ill = 400;       // lines that are infected at some time in the first two thirds
  uint32_t innocent = 100;  // lines with a case that is nobody's fault: a newsletter, a new mail server
  int64_t days = 90;
  uint64_t seed = 1;
};

struct Spread {
  Duration median;
  Duration p90;
  Duration most;
};

struct Told {
  uint32_t cases = 0;
  uint32_t restrictions = 0;
  uint32_t disconnections = 0;
  uint32_t releases = 0;
  uint32_t relapses = 0;
  uint32_t promises_missed = 0;
  uint32_t cured = 0;
  uint32_t calls = 0;    // that people made because their Internet was gone, or they could not release themselves
  uint32_t pages = 0;    // of the governor
  Spread to_contact;     // from the case's opening
  Spread to_cure;        // from the infection to the last thing it did, of those cured in the time
  uint64_t let_out = 0;  // what ill lines sent while nothing was taken from them: harm to others
  Duration held_ill;     // restricted or disconnected while ill, all lines
  Duration held_well;    // while nothing was wrong any more: the harm to customers
  Duration cut_well;     // of that: disconnected
  uint32_t never_ill_held = 0;
  std::vector<std::string> broken;  // laws that did not hold, in words; at most 20
  uint64_t records = 0;
};

[[nodiscard]] Told live(const Town& town, const model::CaseRules& rules, const model::GovernorRules& governor);

}  // namespace postern::rehearse
