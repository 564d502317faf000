// SPDX-License-Identifier: Apache-2.0
// Processor time per flow record: our whole way (receive, decode, hold, fold, detect) beside a bare receive-and-decode
// loop and the packaged collectors nfcapd and nfacctd, each fed the same NetFlow v9 datagrams over loopback, in turns.
#pragma once

#include "bench/report.h"

namespace postern::bench {

struct Load {
  uint32_t subscribers = 1'000'000;
  uint32_t records_per_s = 800'000;
  int64_t seconds_each = 1;
  int runs = 2;
};

void speed(Report& report, const Load& load);
// Memory of one line under watch, with its evidence.
void subject_bytes(Report& report);

}  // namespace postern::bench
