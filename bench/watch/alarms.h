// SPDX-License-Identifier: Apache-2.0
// False cases in a generated network (rehearse/population), and zombies laid over it.
#pragma once

#include "bench/report.h"

namespace postern::bench {

struct Runs {
  uint64_t seeds = 3;
  uint64_t first_seed = 1;
  uint32_t lines = 20'000;
  int64_t days = 7;
};

void alarms(Report& report, const Runs& runs);

// Upper end of the one-sided 95 % interval of a share, `k` seen of `n` (Clopper and Pearson 1934).
[[nodiscard]] double upper_95(uint64_t k, uint64_t n);

}  // namespace postern::bench
