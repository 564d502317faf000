// SPDX-License-Identifier: Apache-2.0
// Packets forwarded through a veth pair, with nothing, with the gate, and with an nftables ruleset doing the same job.
#pragma once

#include "bench/gate/rig.h"
#include "bench/report.h"

namespace postern::bench {

void forwarding(Rig& rig, Report& report, uint32_t lines);

}  // namespace postern::bench
