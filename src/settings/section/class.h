// SPDX-License-Identifier: Apache-2.0
// [class.NAME]: what lines of one class may do on port 25.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "model/line.h"
#include "model/policy.h"

namespace postern::settings {

struct KeyTable;

struct Class {
  model::Verdict verdict = model::Verdict::explain;
  uint32_t connections_per_min = 0;
  uint32_t connections_burst = 0;
  uint32_t networks_per_hour = 0;
  uint32_t networks_burst = 0;
  Duration destination_memory = hours(24);
  Duration new_network_every = minutes(10);

  // A burst that is not set is one minute's (or hour's) worth.
  [[nodiscard]] model::ClassPolicy policy() const;

  static const KeyTable& table();
};

}  // namespace postern::settings
