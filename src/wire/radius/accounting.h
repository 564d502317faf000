// SPDX-License-Identifier: Apache-2.0
// RADIUS accounting packets <-> values: RFC 2866 (packets), 2865 and 2869 (attributes), 3162, 4818 and 6911 (IPv6).
// Pure; foreign bytes in. Limits: 20 to 4096 octets, kRadiusPrefixesMax addresses and prefixes; texts must be UTF-8
// without control characters (trailing NULs, which some NAS add, are cut off). Attributes nobody here needs are skipped
// whatever is in them, vendor ones included; one that is needed and broken makes the whole packet an error that names
// the attribute and its octet: half a session is worse than a retransmission and a log line.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.h"
#include "base/fields.h"
#include "base/ip.h"
#include "base/result.h"
#include "wire/radius/packet.h"

namespace postern::wire {

inline constexpr size_t kRadiusPrefixesMax = 16;
inline constexpr size_t kRadiusClassesMax = 8;

// other: Acct-Status-Type values that say nothing about a session's addresses (tunnels, links, Failed).
PN_ENUM(AcctStatus, start, stop, interim, accounting_on, accounting_off, other)

// An Accounting-Request. Absent texts are empty, absent addresses Family::none.
struct RadiusAccounting {
  uint8_t id = 0;
  AcctStatus status = AcctStatus::other;
  std::string user_name;
  std::string session_id;  // Acct-Session-Id; never empty but in On, Off and other
  std::string nas_identifier;
  IpAddress nas_address;  // NAS-IP-Address, or NAS-IPv6-Address when that is all there is
  std::string nas_port_id;
  std::vector<std::string> classes;   // Class values that are text; the rest are for their owner only
  std::vector<Prefix> prefixes;       // Framed-IP-Address, Framed-IPv6-Prefix, -Address, Delegated-IPv6-Prefix in order
  std::optional<uint32_t> timestamp;  // Event-Timestamp: UNIX seconds by the NAS's clock
  std::optional<uint32_t> delay_s;    // Acct-Delay-Time
  bool operator==(const RadiusAccounting&) const = default;
  PN_FIELDS(id, status, user_name, session_id, nas_identifier, nas_address, nas_port_id, classes, prefixes, timestamp,
            delay_s)
};

// Errc::denied: the Request Authenticator (RFC 2866 section 3) or a Message-Authenticator (RFC 2869 section 5.14, over
// the packet with an authenticator of zeros, as RFC 5176 section 3.4 has it for requests signed this way and as servers
// and clients in the field do) does not fit the secret. Errc::bad_input: signed well, and broken.
[[nodiscard]] Result<RadiusAccounting> decode_accounting(ByteView datagram, std::string_view secret);

// The answer to a request: no attributes (RFC 2866 section 4.2).
[[nodiscard]] std::array<std::byte, kRadiusHeaderOctets> encode_accounting_response(
    uint8_t id, const RadiusAuthenticator& request_authenticator, std::string_view secret);

// For tests, probes and the demo. Texts are cut at 253 octets.
[[nodiscard]] Bytes encode_accounting_request(const RadiusAccounting& request, std::string_view secret,
                                              bool message_authenticator);
// Fills in the Message-Authenticator, if the packet has one, and the Request Authenticator.
void sign_accounting_request(std::span<std::byte> packet, std::string_view secret);

}  // namespace postern::wire
