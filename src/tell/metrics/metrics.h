// SPDX-License-Identifier: Apache-2.0
// The state as monitoring reads it: the numbers of GET /v1/status in Prometheus' text format 0.0.4
// (https://prometheus.io/docs/instrumenting/exposition_formats/). Pure.
//
// Each name begins with postern_; what only rises ends in _total and is a counter, everything else a gauge:
//   postern_healthy, postern_faults             1 while all is well; how many faults there are
//   postern_gate_events_total{event="…"}        what the gate counted; a packet may be several of them
//   postern_<room>_<what>{role="edge"}          what the rooms of each process count
//   postern_<role>_<what>                       what the process itself counts
//   postern_engine_<what>_total                 what the brain counts
//   postern_journal_<what>, postern_supervisor_<what>, postern_detection_<what>
// A process that was started again counts from 0, as rate() expects.
#pragma once

#include <string>

#include "wire/json.h"

namespace postern::tell {

inline constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

// `status`: as the API answers. What is not there makes no metric.
[[nodiscard]] std::string metrics_of(const wire::Json& status);

}  // namespace postern::tell
