// SPDX-License-Identifier: Apache-2.0
// [api]: what the command postern talks to, and where monitoring reads.
#pragma once

#include <string>
#include <vector>

#include "base/endpoint.h"

namespace postern::settings {

struct KeyTable;

struct Api {
  std::string socket = "/run/postern/api.sock";
  std::string group;
  std::vector<Endpoint> metrics;

  static const KeyTable& table();
};

}  // namespace postern::settings
