// SPDX-License-Identifier: Apache-2.0
// Stolen accounts of a generated relay (rehearse/accounts): how many recipients a thief reached before his account was
// held, and how often that happened to an owner.
#pragma once

#include "bench/report.h"

namespace postern::bench {

struct Theft {
  uint64_t seeds = 4;
  uint64_t first_seed = 1;
  uint32_t accounts = 1'000;  // for 30 days
  uint32_t thieves = 10;
};

void thieves(Report& report, const Theft& runs);

}  // namespace postern::bench
