// SPDX-License-Identifier: Apache-2.0
// Postfix with and without Postern: messages a second and processor time a message of one relay, as it asks nobody, a
// bare policy server, Postern's, a bare milter, Postern's.
#pragma once

#include <cstdint>

#include "bench/report.h"

namespace postern::bench {

void postfix(Report& report, uint32_t messages, int runs);

}  // namespace postern::bench
