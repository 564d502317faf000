// SPDX-License-Identifier: Apache-2.0
// [explainer]: the SMTP responder that says why a connection is refused.
#pragma once

#include <cstdint>

#include "base/endpoint.h"
#include "base/time.h"

namespace postern::settings {

struct KeyTable;

struct Explainer {
  Endpoint listen4{IpAddress::v4(0x7f000001), 2525};
  Endpoint listen6{IpAddress::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), 2525};
  uint32_t banners_per_min = 30;
  uint32_t connections_max = 12'000;
  Duration idle_timeout = seconds(30);

  static const KeyTable& table();
};

}  // namespace postern::settings
