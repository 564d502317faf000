// SPDX-License-Identifier: Apache-2.0
// Endpoint: an IP address and a port, as settings and logs write them.
#pragma once

#include <string>
#include <string_view>

#include "base/fields.h"
#include "base/ip.h"
#include "base/result.h"

namespace postern {

struct Endpoint {
  IpAddress address;
  uint16_t port = 0;
  auto operator<=>(const Endpoint&) const = default;
  PN_FIELDS(address, port)
};
// "192.0.2.1:1813", "[2001:db8::1]:1813".
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view text);
[[nodiscard]] std::string to_string(const Endpoint& e);

}  // namespace postern
