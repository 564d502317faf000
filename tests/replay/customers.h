// SPDX-License-Identifier: Apache-2.0
// Virtual customers: a seeded network of lines, some of which fall ill, and people who read their mail or not, clean
// their machines or not, call or not, under a virtual clock. The engine runs as it is; a second book, kept by this
// simulator, knows the truth and says where casework broke its word.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/policy.h"

namespace postern::replay {

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
  uint32_t releases = 0;
  uint32_t relapses = 0;
  uint32_t promises_missed = 0;
  Spread to_contact;   // from the case's opening
  Spread to_cure;      // from the infection to the last thing it did, of those cured in the time
  Duration held_ill;   // restricted while ill, all lines
  Duration held_well;  // restricted while nothing was wrong any more: the harm
  uint32_t never_ill_restricted = 0;
  std::vector<std::string> broken;  // laws that did not hold, in words; at most 20
  uint64_t records = 0;
};

[[nodiscard]] Told live(const Town& town, const model::CaseRules& rules, const model::GovernorRules& governor);

}  // namespace postern::replay
