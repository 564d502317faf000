// SPDX-License-Identifier: Apache-2.0
// [gate]: the kernel plane.
#pragma once

#include <cstdint>
#include <string>

namespace postern::settings {

struct KeyTable;

struct Gate {
  std::string pin_dir = "/sys/fs/bpf/postern";
  uint32_t lines_max = 1'048'576;
  bool source_validation = true;
  bool guard = true;
  bool drop_fragments = false;
  uint32_t fwmark = 0x2525;
  uint32_t pass_mark = 0x1000'0000;
  uint32_t route_table = 2525;

  static const KeyTable& table();
};

}  // namespace postern::settings
