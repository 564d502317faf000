// SPDX-License-Identifier: Apache-2.0
// [notice]: the page behind a reference.
#pragma once

#include <vector>

#include "base/endpoint.h"

namespace postern::settings {

struct KeyTable;

struct Notice {
  std::vector<Endpoint> listen;

  static const KeyTable& table();
};

}  // namespace postern::settings
