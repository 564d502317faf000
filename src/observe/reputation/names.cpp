// SPDX-License-Identifier: Apache-2.0
#include "observe/reputation/names.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/networks.h"

namespace postern::observe::reputation {

std::string name_of(const IpAddress& address, std::string_view zone) {
  std::string out;
  if (address.family == Family::v4) {
    for (size_t i = 4; i-- > 0;) out += fmt::format("{}.", address.bytes[i]);
  } else {
    for (size_t i = 16; i-- > 0;) out += fmt::format("{:x}.{:x}.", address.bytes[i] & 0xfU, address.bytes[i] >> 4);
  }
  return out.append(zone);
}

Meaning meaning_of(std::span<const IpAddress> answer, std::span<const Prefix> no_trouble) {
  static const Prefix kAnswers = Prefix::of(IpAddress::v4(0x7f000000), 8);
  static const Prefix kRefusals = Prefix::of(IpAddress::v4(0x7fffff00), 24);
  Meaning out = Meaning::clean;
  for (const IpAddress& a : answer) {
    if (!kAnswers.contains(a)) {
      out = Meaning::foreign;
    } else if (kRefusals.contains(a)) {
      out = std::max(out, Meaning::refused);
    } else if (!is_in(no_trouble, a)) {
      out = std::max(out, Meaning::listed);
    }
  }
  return out;
}

}  // namespace postern::observe::reputation
