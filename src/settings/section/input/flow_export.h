// SPDX-License-Identifier: Apache-2.0
// [flow_export]: NetFlow, IPFIX and sFlow as a source of first contacts.
#pragma once

#include <vector>

#include "base/endpoint.h"
#include "base/time.h"

namespace postern::settings {

struct KeyTable;

struct FlowExport {
  std::vector<Endpoint> listen;
  std::vector<Prefix> exporters;
  uint32_t sampling = 0;
  Duration hold = seconds(75);
  uint32_t contacts_per_s = 2'000;
  bool by_origin = false;

  static const KeyTable& table();
};

}  // namespace postern::settings
