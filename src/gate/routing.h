// SPDX-License-Identifier: Apache-2.0
// The routing half of steering: `ip rule fwmark M lookup T` and `local default dev lo table T`, both families. Without
// it a steered packet is not delivered, and never forwarded either (the gate assigns a socket or drops).
#pragma once

#include <cstdint>

#include "base/result.h"

namespace postern::gate {

struct Routing {
  uint32_t fwmark = 0x2525;
  uint32_t table = 2525;
  uint32_t priority = 2525;  // of the rule; before the main table's 32766
};

// Idempotent. A family the kernel does not have (IPv6 off) is skipped.
[[nodiscard]] Status ensure_routing(const Routing& routing);
[[nodiscard]] Result<bool> routing_in_force(const Routing& routing);
[[nodiscard]] Status remove_routing(const Routing& routing);

}  // namespace postern::gate
