// SPDX-License-Identifier: Apache-2.0
#include "wire/forwarded/forwarded.h"

#include "base/endpoint.h"

namespace postern::wire {

std::optional<IpAddress> last_forwarded(std::string_view header) {
  if (header.size() > kForwardedMax) return std::nullopt;
  const size_t comma = header.rfind(',');
  std::string_view last = comma == std::string_view::npos ? header : header.substr(comma + 1);
  while (!last.empty() && (last.front() == ' ' || last.front() == '\t')) last.remove_prefix(1);
  while (!last.empty() && (last.back() == ' ' || last.back() == '\t')) last.remove_suffix(1);
  if (last.size() > 2 && last.front() == '[' && last.back() == ']') last = last.substr(1, last.size() - 2);
  if (const auto address = parse_ip(last)) return *address;
  if (const auto endpoint = parse_endpoint(last)) return endpoint->address;
  return std::nullopt;
}

}  // namespace postern::wire
