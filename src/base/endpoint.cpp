// SPDX-License-Identifier: Apache-2.0
#include "base/endpoint.h"

#include <charconv>
#include <fmt/format.h>

namespace postern {

Result<Endpoint> parse_endpoint(std::string_view text) {
  const size_t colon = text.rfind(':');
  std::string_view host = text.substr(0, colon == text.npos ? 0 : colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  unsigned port = 0;
  const std::string_view digits = colon == text.npos ? std::string_view() : text.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  auto address = parse_ip(host);
  if (error != std::errc{} || end != digits.data() + digits.size() || port > 65535 || !address ||
      bracketed != (address->family == Family::v6))
    return fail(Errc::bad_input, fmt::format("\"{}\" is not an address and port", text), {},
                "write 192.0.2.1:1813 or [2001:db8::1]:1813");
  return Endpoint{*address, static_cast<uint16_t>(port)};
}

std::string to_string(const Endpoint& e) {
  const std::string host = to_string(e.address);
  return e.address.family == Family::v6 ? fmt::format("[{}]:{}", host, e.port) : fmt::format("{}:{}", host, e.port);
}

}  // namespace postern
