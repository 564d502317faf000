// SPDX-License-Identifier: Apache-2.0
// Who a peer is by its address: this machine, or of a list of networks.
#pragma once

#include <algorithm>
#include <span>

#include "base/ip.h"

namespace postern {

// 127.0.0.0/8 (RFC 1122 section 3.2.1.3) or ::1 (RFC 4291 section 2.5.3).
[[nodiscard]] inline bool is_loopback(const IpAddress& a) {
  static const Prefix kV4 = Prefix::of(IpAddress::v4(0x7f000000), 8);
  static const Prefix kV6 = parse_prefix("::1").value();
  return kV4.contains(a) || kV6.contains(a);
}

[[nodiscard]] inline bool is_in(std::span<const Prefix> networks, const IpAddress& a) {
  return std::ranges::any_of(networks, [&](const Prefix& p) { return p.contains(a); });
}

}  // namespace postern
