// SPDX-License-Identifier: Apache-2.0
#include "base/ip.h"

#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <string_view>

namespace postern {

uint32_t IpAddress::v4_host_order() const {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | uint32_t{bytes[3]};
}

IpAddress IpAddress::v4(uint32_t host_order) {
  IpAddress a{Family::v4, {}};
  for (size_t i = 0; i < 4; ++i) a.bytes[i] = static_cast<uint8_t>(host_order >> (24 - 8 * i));
  return a;
}

IpAddress IpAddress::v6(const std::array<uint8_t, 16>& network_order) { return {Family::v6, network_order}; }

bool Prefix::contains(const IpAddress& a) const {
  return a.family == address.family && address.family != Family::none && Prefix::of(a, length).address == address;
}

Prefix Prefix::of(const IpAddress& a, uint8_t length) {
  Prefix p{a, std::min(length, a.bits())};
  for (size_t i = 0; i < p.address.bytes.size(); ++i) {
    const size_t first_bit = i * 8;
    if (first_bit >= p.length) {
      p.address.bytes[i] = 0;
    } else if (p.length - first_bit < 8) {
      p.address.bytes[i] &= static_cast<uint8_t>(0xff00U >> (p.length - first_bit));
    }
  }
  return p;
}

Result<IpAddress> parse_ip(std::string_view text) {
  char buffer[INET6_ADDRSTRLEN + 1] = {};
  IpAddress a;
  if (!text.empty() && text.size() < sizeof buffer && text.find('\0') == text.npos) {
    std::memcpy(buffer, text.data(), text.size());
    if (inet_pton(AF_INET, buffer, a.bytes.data()) == 1) {
      a.family = Family::v4;
      return a;
    }
    if (inet_pton(AF_INET6, buffer, a.bytes.data()) == 1) {
      a.family = Family::v6;
      return a;
    }
  }
  return fail(Errc::bad_input, fmt::format("\"{}\" is not an IP address", text), {},
              "write 192.0.2.10 or 2001:db8::10");
}

Result<Prefix> parse_prefix(std::string_view text) {
  const size_t slash = text.find('/');
  const IpAddress a = PN_TRY(parse_ip(text.substr(0, slash)));
  if (slash == text.npos) return Prefix::host(a);
  const std::string_view digits = text.substr(slash + 1);
  unsigned length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc{} || end != digits.data() + digits.size() || length > a.bits())
    return fail(Errc::bad_input, fmt::format("\"{}\" is not a prefix", text), {},
                fmt::format("the length after / is a number up to {}", a.bits()));
  const Prefix p = Prefix::of(a, static_cast<uint8_t>(length));
  if (p.address != a)
    return fail(Errc::bad_input, fmt::format("{} has bits set past /{}", text, length), {},
                fmt::format("the network is {}", to_string(p)));
  return p;
}

std::string to_string(const IpAddress& a) {
  if (!a) return "-";
  char buffer[INET6_ADDRSTRLEN] = {};
  inet_ntop(a.family == Family::v4 ? AF_INET : AF_INET6, a.bytes.data(), buffer, sizeof buffer);
  return buffer;
}

std::string to_string(const Prefix& p) { return fmt::format("{}/{}", to_string(p.address), p.length); }

Prefix destination_network(const IpAddress& a) { return Prefix::of(a, a.family == Family::v4 ? 24 : 48); }

}  // namespace postern

size_t std::hash<postern::IpAddress>::operator()(const postern::IpAddress& a) const noexcept {
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(&a), sizeof a});
}
