// SPDX-License-Identifier: Apache-2.0
// What all RADIUS packets share (RFC 2865 section 3 and 5): header, attributes, authenticators. For the codecs beside
// this file; rooms outside use those. Pure; foreign bytes in. Limits: 20 to 4096 octets.
#pragma once

#include <array>
#include <cstring>
#include <fmt/format.h>
#include <string>
#include <string_view>

#include "base/codec.h"
#include "base/result.h"

namespace postern::wire {

inline constexpr size_t kRadiusHeaderOctets = 20;
inline constexpr size_t kRadiusOctetsMax = 4096;  // RFC 2865 section 3
inline constexpr size_t kRadiusAuthenticatorAt = 4;
inline constexpr size_t kRadiusAuthenticatorOctets = 16;
inline constexpr size_t kRadiusValueOctetsMax = 253;

enum class RadiusCode : uint8_t {
  accounting_request = 4,
  accounting_response = 5,
  disconnect_request = 40,
  disconnect_ack = 41,
  disconnect_nak = 42,
  coa_request = 43,
  coa_ack = 44,
  coa_nak = 45
};
using RadiusAuthenticator = std::array<uint8_t, kRadiusAuthenticatorOctets>;

struct RadiusHeader {
  uint8_t code = 0;  // a RadiusCode, or another number
  uint8_t id = 0;
  uint16_t octets = 0;  // of the packet; what follows it in the datagram is padding (RFC 2865 section 3)
  RadiusAuthenticator authenticator{};
};

// The header alone, of any RADIUS packet: lengths are checked, nothing is authenticated.
[[nodiscard]] Result<RadiusHeader> decode_radius_header(ByteView datagram);

namespace radius {

enum Attribute : uint8_t {
  kUserName = 1,
  kNasIpAddress = 4,
  kFramedIpAddress = 8,
  kClass = 25,
  kVendorSpecific = 26,
  kNasIdentifier = 32,
  kAcctStatusType = 40,
  kAcctDelayTime = 41,
  kAcctSessionId = 44,
  kEventTimestamp = 55,
  kMessageAuthenticator = 80,
  kNasPortId = 87,
  kNasIpv6Address = 95,
  kFramedIpv6Prefix = 97,
  kErrorCause = 101,
  kDelegatedIpv6Prefix = 123,
  kFramedIpv6Address = 168
};
[[nodiscard]] std::string_view name_of(uint8_t type);
[[nodiscard]] inline uint8_t octet(std::byte b) { return static_cast<uint8_t>(b); }

struct Value {
  uint8_t type = 0;
  size_t at = 0;  // octet of the packet its type stands at
  ByteView octets;
};
// Names the attribute and its octet.
[[nodiscard]] std::unexpected<Error> broken(const Value& v, std::string_view why);
[[nodiscard]] Result<uint32_t> number(const Value& v);

// Calls see(Value) -> Status for each attribute until one fails.
template <class See>
Status each_attribute(ByteView packet, See&& see) {
  size_t at = kRadiusHeaderOctets;
  while (at < packet.size()) {
    Value v{.type = octet(packet[at]), .at = at, .octets = {}};
    if (at + 1 == packet.size()) return broken(v, "the packet ends before its length");
    const size_t length = octet(packet[at + 1]);
    if (length < 2) return broken(v, fmt::format("length {}, needs at least 2", length));
    if (length > packet.size() - at)
      return broken(v, fmt::format("length {}, but only {} octets are left", length, packet.size() - at));
    v.octets = packet.subspan(at + 2, length - 2);
    PN_TRY_VOID(see(v));
    at += length;
  }
  return {};
}

// MD5(packet + secret), the packet's authenticator field being `field` (RFC 2866 section 3).
[[nodiscard]] RadiusAuthenticator signature(ByteView packet, const RadiusAuthenticator& field, std::string_view secret);
// HMAC-MD5 over the packet with `field` as its authenticator and zeros at `value_at` (RFC 3579 section 3.2): zeros for
// requests signed like accounting (RFC 5176 section 3.4), the request's authenticator for an answer.
[[nodiscard]] RadiusAuthenticator message_authenticator(ByteView packet, size_t value_at,
                                                        const RadiusAuthenticator& field, std::string_view secret);
[[nodiscard]] bool same(ByteView octets, const RadiusAuthenticator& value);  // in constant time

// UTF-8 (RFC 3629 section 4) without C0, DEL and C1 controls; nothing else may reach journals, terminals and pages.
[[nodiscard]] bool is_plain_text(std::string_view text);
// Trailing NULs, which some NAS add, are cut off.
[[nodiscard]] std::string text_of(ByteView octets);

// Building: values are at most kRadiusValueOctetsMax octets; texts are cut there, empty ones left out.
void put(Bytes& to, uint8_t type, ByteView octets);
void put(Bytes& to, uint8_t type, std::string_view text);
void put(Bytes& to, uint8_t type, uint32_t n);
void place(std::span<std::byte> to, const RadiusAuthenticator& value);
void place_length(Bytes& packet);
// Fills in the Message-Authenticator, if the packet has one, then the authenticator: of a request (`field` zeros), or
// of an answer (`field` the request's authenticator).
void sign(std::span<std::byte> packet, const RadiusAuthenticator& field, std::string_view secret);

}  // namespace radius
}  // namespace postern::wire
