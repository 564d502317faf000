// SPDX-License-Identifier: Apache-2.0
// Mail clients by the thousand, from the addresses of servers.h in turn.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "sys/fd.h"

namespace postern::bench {

struct Load {
  double connections_per_s = 0;
  double greeting_us_median = 0;  // connect to whole greeting
  double greeting_us_p99 = 0;
};

// `connections` dialogues (greeting, QUIT, 221, end), `at_once` open at any time, by `threads` threads.
// io when one of them fails or does not end as it should.
[[nodiscard]] Result<Load> talk(uint16_t port, uint32_t connections, uint32_t at_once, uint32_t threads);

// Connections that have read their greeting and stay.
[[nodiscard]] Result<std::vector<sys::Fd>> idle(uint16_t port, uint32_t connections);

}  // namespace postern::bench
