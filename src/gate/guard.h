// SPDX-License-Identifier: Apache-2.0
// The static guard: an nftables table of its own that drops forwarded TCP/25 without the gate's pass mark. It covers
// boot, interfaces that appear later, and a filter somebody removed. It does not cover bridged traffic. Mail to and
// from the provider's relay passes wherever the relay is; in the relay's name from a subscriber interface it does not.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ip.h"
#include "base/result.h"

namespace postern::gate {

struct Guard {
  uint32_t pass_mark = 0x10000000;
  std::vector<std::string> uplink_interfaces;      // names or globs ("up*"); what comes in there is not judged
  std::vector<std::string> subscriber_interfaces;  // nobody there is the relay; "a?b*" patterns are left to the gate
  std::vector<Prefix> relay;                       // as destination and as source, both families
};

// The ruleset as text for `nft -f -`; replaces the table whole, in one transaction. Pure.
[[nodiscard]] std::string guard_text(const Guard& guard);
[[nodiscard]] Status load_guard(const Guard& guard);
[[nodiscard]] Result<bool> guard_in_force();
[[nodiscard]] Status remove_guard();

}  // namespace postern::gate
