// SPDX-License-Identifier: Apache-2.0
// [daemon]: the processes themselves.
#pragma once

#include <string>

namespace postern::settings {

struct KeyTable;

struct Daemon {
  std::string user = "postern";

  static const KeyTable& table();
};

}  // namespace postern::settings
