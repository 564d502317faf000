// SPDX-License-Identifier: Apache-2.0
// IpAddress and Prefix, both families in one type. Text forms: RFC 5952 for IPv6 (RFC 5952 section 4).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace postern {

enum class Family : uint8_t { none = 0, v4 = 4, v6 = 6 };

// Network byte order; an IPv4 address uses bytes[0..3], the rest is zero. Family::none is "no address".
// Order: family, then bytes.
struct IpAddress {
  Family family = Family::none;
  std::array<uint8_t, 16> bytes{};

  constexpr auto operator<=>(const IpAddress&) const = default;
  [[nodiscard]] constexpr explicit operator bool() const { return family != Family::none; }
  [[nodiscard]] constexpr uint8_t bits() const { return family == Family::v4 ? 32 : 128; }
  [[nodiscard]] uint32_t v4_host_order() const;
  static IpAddress v4(uint32_t host_order);
  static IpAddress v6(const std::array<uint8_t, 16>& network_order);
};

// A network; bits past `length` are zero in every Prefix made here.
struct Prefix {
  IpAddress address;
  uint8_t length = 0;

  constexpr auto operator<=>(const Prefix&) const = default;
  [[nodiscard]] bool contains(const IpAddress& a) const;
  [[nodiscard]] bool contains(const Prefix& p) const { return p.length >= length && contains(p.address); }
  [[nodiscard]] bool overlaps(const Prefix& p) const { return contains(p) || p.contains(*this); }
  // The network of `length` bits that holds `a`; `length` is cut to the family's bits.
  static Prefix of(const IpAddress& a, uint8_t length);
  static Prefix host(const IpAddress& a) { return of(a, a.bits()); }
};

[[nodiscard]] Result<IpAddress> parse_ip(std::string_view text);
// "192.0.2.0/24", or a bare address as its /32 or /128. Host bits set is an error that names the network meant.
[[nodiscard]] Result<Prefix> parse_prefix(std::string_view text);
[[nodiscard]] std::string to_string(const IpAddress& a);
[[nodiscard]] std::string to_string(const Prefix& p);
// The unit detection counts as one destination (DETECTION.md): IPv4 /24, IPv6 /48.
[[nodiscard]] Prefix destination_network(const IpAddress& a);

}  // namespace postern

template <>
struct std::hash<postern::IpAddress> {
  size_t operator()(const postern::IpAddress& a) const noexcept;
};
template <>
struct std::hash<postern::Prefix> {
  size_t operator()(const postern::Prefix& p) const noexcept {
    return std::hash<postern::IpAddress>{}(p.address) * 131 + p.length;
  }
};
