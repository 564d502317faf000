// SPDX-License-Identifier: Apache-2.0
// [radius_auth]: what a RADIUS server is told of a line that logs in.
#pragma once

#include <string>
#include <vector>

#include "base/endpoint.h"

namespace postern::settings {

struct KeyTable;

struct RadiusAuth {
  std::vector<Endpoint> listen;
  std::vector<Prefix> allow;
  std::vector<std::string> garden = {"Filter-Id = \"postern-garden\""};

  static const KeyTable& table();
};

}  // namespace postern::settings
