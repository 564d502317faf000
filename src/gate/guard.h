// SPDX-License-Identifier: Apache-2.0
// The static guard: an nftables table of its own that drops forwarded TCP/25 without the gate's pass mark. It covers
// boot, interfaces that appear later, and a filter somebody removed. It does not cover bridged traffic.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace postern::gate {

struct Guard {
  uint32_t pass_mark = 0x10000000;
  std::vector<std::string> uplink_interfaces;  // names or globs ("up*"); what comes in there is not judged
};

// The ruleset as text for `nft -f -`; replaces the table whole. Pure: packaging installs the same text for boot.
[[nodiscard]] std::string guard_text(const Guard& guard);
[[nodiscard]] Status load_guard(const Guard& guard);
[[nodiscard]] Result<bool> guard_in_force();
[[nodiscard]] Status remove_guard();

}  // namespace postern::gate
