// SPDX-License-Identifier: Apache-2.0
// [c2]: control servers of botnets, looked for in flow exports and on mirror ports.
#pragma once

#include <string>

namespace postern::settings {

struct KeyTable;

struct C2 {
  std::string list;  // empty = none

  static const KeyTable& table();
};

}  // namespace postern::settings
