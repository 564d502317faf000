// SPDX-License-Identifier: Apache-2.0
// [mirror]: what a mirror port of a switch shows, as a source of first contacts, scans and names of mail servers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace postern::settings {

struct KeyTable;

struct Mirror {
  std::vector<std::string> interfaces;
  uint32_t ring = 16;

  static const KeyTable& table();
};

}  // namespace postern::settings
