// SPDX-License-Identifier: Apache-2.0
// SYNs forwarded by routers that stand side by side: with nothing, with the gate, with an nftables ruleset doing the
// same job, and with a program of one lookup and one write, below which nothing that keeps state per line can come.
#pragma once

#include "bench/gate/rig.h"
#include "bench/report.h"

namespace postern::bench {

void forwarding(Rig& rig, Report& report, uint32_t lines);

}  // namespace postern::bench
