// SPDX-License-Identifier: Apache-2.0
// One captured packet down to its TCP, UDP or ICMP header. Pure; foreign bytes in. Read: Ethernet (with 802.1Q and
// 802.1ad tags, PPPoE sessions of RFC 2516, MPLS labels), BSD loopback, raw IP, Linux cooked captures (SLL, SLL2); IPv4
// with options, IPv6 with extension headers (RFC 8200 section 4). Limits: kTagsMax tags and labels, kExtensionsMax
// extension headers. A capture may cut a packet anywhere after its ports: lengths come from the IP header.
#pragma once

#include <cstdint>
#include <expected>

#include "base/codec.h"
#include "base/fields.h"
#include "base/ip.h"

namespace postern::wire {

inline constexpr size_t kTagsMax = 8;
inline constexpr size_t kExtensionsMax = 8;

// Link types (tcpdump.org/linktypes) by their number in a capture.
enum Link : uint16_t {
  kLinkNull = 0,
  kLinkEthernet = 1,
  kLinkRawBsd = 12,
  kLinkRawOpenBsd = 14,
  kLinkRaw = 101,
  kLinkLoop = 108,
  kLinkLinuxSll = 113,
  kLinkIpv4 = 228,
  kLinkIpv6 = 229,
  kLinkLinuxSll2 = 276
};

struct PacketHeaders {
  IpAddress source;
  IpAddress destination;
  uint8_t protocol = 0;
  uint16_t source_port = 0;
  uint16_t destination_port = 0;  // of ICMP and ICMPv6: type * 256 + code
  uint8_t tcp_flags = 0;
  bool flags_known = false;
  uint32_t tcp_sequence = 0;
  uint32_t tcp_acknowledged = 0;  // the next octet its sender waits for
  uint32_t octets = 0;            // of the IP packet, its header included
  ByteView payload;               // after the TCP or UDP header; what the capture kept of it, without link padding
};

// link: a link type not read here. not_ip: ARP, spanning tree, ... fragment: not the first of its packet, so without
// ports. cut: the capture ends before the ports. broken: lengths that contradict each other. deep: beyond the limits.
PN_ENUM(NoHeaders, link, not_ip, fragment, cut, broken, deep)

[[nodiscard]] std::expected<PacketHeaders, NoHeaders> read_headers(uint16_t link, ByteView packet);

}  // namespace postern::wire
