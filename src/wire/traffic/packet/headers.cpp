// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/packet/headers.h"

#include <algorithm>

#include "wire/traffic/octets.h"

namespace postern::wire {
namespace {

using Headers = std::expected<PacketHeaders, NoHeaders>;

enum EtherType : uint16_t {
  kIpv4 = 0x0800,
  kVlan = 0x8100,
  kIpv6 = 0x86dd,
  kMplsUnicast = 0x8847,
  kMplsMulticast = 0x8848,
  kPppoeSession = 0x8864,
  kProviderVlan = 0x88a8,
  kOldProviderVlan = 0x9100
};
enum Protocol : uint8_t {
  kHopByHop = 0,
  kIcmp = 1,
  kTcp = 6,
  kUdp = 17,
  kRouting = 43,
  kFragment = 44,
  kAuthentication = 51,
  kIcmpv6 = 58,
  kDestinationOptions = 60,
  kSctp = 132
};

Headers with_ports(PacketHeaders h, ByteView octets) {
  Octets in(octets);
  if (h.protocol == kTcp) {
    h.source_port = in.u16();
    h.destination_port = in.u16();
    h.tcp_sequence = in.u32();
    h.tcp_acknowledged = in.u32();
    const size_t header = (in.u8() >> 4) * size_t{4};
    h.tcp_flags = in.u8();
    if (!in.ok()) return std::unexpected(NoHeaders::cut);
    if (header < 20) return std::unexpected(NoHeaders::broken);
    h.flags_known = true;
    h.payload = octets.subspan(std::min(header, octets.size()));
  } else if (h.protocol == kUdp || h.protocol == kSctp) {
    h.source_port = in.u16();
    h.destination_port = in.u16();
    in.skip(4);
    if (!in.ok()) return std::unexpected(NoHeaders::cut);
    if (h.protocol == kUdp) h.payload = in.rest();
  } else if (h.protocol == kIcmp || h.protocol == kIcmpv6) {
    h.destination_port = in.u16();
    if (!in.ok()) return std::unexpected(NoHeaders::cut);
  }
  return h;
}

Headers read_ipv4(ByteView packet) {
  Octets in(packet);
  const uint8_t first = in.u8();
  const size_t header = (first & 0xfU) * size_t{4};
  in.skip(1);
  const size_t total = in.u16();
  in.skip(2);
  const uint16_t fragment = in.u16();
  in.skip(1);
  PacketHeaders h;
  h.protocol = in.u8();
  in.skip(2);
  h.source = in.v4();
  h.destination = in.v4();
  if (!in.ok()) return std::unexpected(NoHeaders::cut);
  // A total length of zero: the segment was too large for the field (segmentation offload), all of it is the packet.
  if (first >> 4 != 4 || header < 20 || (total != 0 && total < header)) return std::unexpected(NoHeaders::broken);
  if ((fragment & 0x1fffU) != 0) return std::unexpected(NoHeaders::fragment);
  h.octets = static_cast<uint32_t>(total == 0 ? packet.size() : total);
  const ByteView whole = packet.first(std::min<size_t>(packet.size(), h.octets));
  if (header > whole.size()) return std::unexpected(NoHeaders::cut);
  return with_ports(h, whole.subspan(header));
}

Headers read_ipv6(ByteView packet) {
  Octets in(packet);
  PacketHeaders h;
  const uint8_t first = in.u8();
  in.skip(3);
  const size_t payload = in.u16();
  h.protocol = in.u8();
  in.skip(1);
  h.source = in.v6();
  h.destination = in.v6();
  if (!in.ok()) return std::unexpected(NoHeaders::cut);
  if (first >> 4 != 6) return std::unexpected(NoHeaders::broken);
  h.octets = static_cast<uint32_t>(payload == 0 ? packet.size() : payload + 40);
  const ByteView whole = packet.first(std::min<size_t>(packet.size(), h.octets));
  if (whole.size() < 40) return std::unexpected(NoHeaders::broken);
  Octets rest(whole.subspan(40));
  for (size_t i = 0; i <= kExtensionsMax; ++i) {
    const bool extension = h.protocol == kHopByHop || h.protocol == kRouting || h.protocol == kDestinationOptions ||
                           h.protocol == kFragment || h.protocol == kAuthentication;
    if (!extension) return with_ports(h, rest.rest());
    const uint8_t next = rest.u8();
    const uint8_t length = rest.u8();
    const uint16_t word = rest.u16();
    if (h.protocol == kFragment) {
      if (rest.ok() && (word & 0xfff8U) != 0) return std::unexpected(NoHeaders::fragment);
      rest.skip(4);
    } else if (h.protocol == kAuthentication) {
      rest.skip(length * size_t{4} + 4);
    } else {
      rest.skip(length * size_t{8} + 4);
    }
    if (!rest.ok()) return std::unexpected(NoHeaders::cut);
    h.protocol = next;
  }
  return std::unexpected(NoHeaders::deep);
}

Headers read_ip(ByteView packet) {
  if (packet.empty()) return std::unexpected(NoHeaders::cut);
  const auto version = static_cast<uint8_t>(packet[0]) >> 4;
  if (version == 4) return read_ipv4(packet);
  if (version == 6) return read_ipv6(packet);
  return std::unexpected(NoHeaders::not_ip);
}

Headers read_mpls(Octets in) {
  for (size_t i = 0; i < kTagsMax; ++i) {
    const uint32_t label = in.u32();
    if (!in.ok()) return std::unexpected(NoHeaders::cut);
    if ((label & 0x100U) != 0) return read_ip(in.rest());  // bottom of the stack
  }
  return std::unexpected(NoHeaders::deep);
}

Headers read_pppoe(Octets in) {
  in.skip(6);
  const uint16_t ppp = in.u16();
  if (!in.ok()) return std::unexpected(NoHeaders::cut);
  if (ppp == 0x0021 || ppp == 0x0057) return read_ip(in.rest());
  return std::unexpected(NoHeaders::not_ip);
}

Headers read_ether_type(uint16_t type, Octets in) {
  for (size_t i = 0; i <= kTagsMax; ++i) {
    if (!in.ok()) return std::unexpected(NoHeaders::cut);
    switch (type) {
      case kIpv4:
        return read_ipv4(in.rest());
      case kIpv6:
        return read_ipv6(in.rest());
      case kMplsUnicast:
      case kMplsMulticast:
        return read_mpls(in);
      case kPppoeSession:
        return read_pppoe(in);
      case kVlan:
      case kProviderVlan:
      case kOldProviderVlan:
        in.skip(2);
        type = in.u16();
        break;
      default:
        return std::unexpected(NoHeaders::not_ip);
    }
  }
  return std::unexpected(NoHeaders::deep);
}

}  // namespace

Headers read_headers(uint16_t link, ByteView packet) {
  Octets in(packet);
  switch (link) {
    case kLinkEthernet: {
      in.skip(12);
      const uint16_t type = in.u16();
      return read_ether_type(type, in);
    }
    case kLinkLinuxSll: {
      in.skip(14);
      const uint16_t type = in.u16();
      return read_ether_type(type, in);
    }
    case kLinkLinuxSll2: {
      const uint16_t type = in.u16();
      in.skip(18);
      return read_ether_type(type, in);
    }
    case kLinkNull:
    case kLinkLoop:
      in.skip(4);  // the family, whose number and byte order differ by system; the version says the same
      return read_ip(in.rest());
    case kLinkRaw:
    case kLinkRawBsd:
    case kLinkRawOpenBsd:
    case kLinkIpv4:
    case kLinkIpv6:
      return read_ip(packet);
    default:
      return std::unexpected(NoHeaders::link);
  }
}

}  // namespace postern::wire
