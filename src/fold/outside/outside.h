// SPDX-License-Identifier: Apache-2.0
// Who is behind an outside address and a port where the NAT works by formula, so that nothing has to be logged:
//  - blocks of ports (RFC 7422 section 2, sequential): the first inside address has the first block of the first
//    outside address, the next one the next block, and so on. Ports below the first, what is left over at the end of
//    an outside address, and blocks past the last inside address are shared or nobody's: not known.
//  - MAP-E and MAP-T (RFC 7597 sections 5.1 and 5.2, RFC 7599): of the bits of a port, after `psid_offset` bits, those
//    of the port set; with the rest of the IPv4 address they are the embedded bits that follow the rule's IPv6 prefix.
//    Ports whose offset bits are all 0 are nobody's. A line is known by the first address of its IPv6 prefix.
// Pure; the tables are checked by settings. An outside address is never anybody's own, so what is not known stays so.
#pragma once

#include <cstdint>
#include <vector>

#include "base/fields.h"
#include "base/ip.h"

namespace postern::fold {

struct PortBlocks {
  Prefix outside;
  Prefix inside;
  bool skip_ends = false;  // the first and the last inside address have no block
  uint32_t first_port = 1'024;
  uint32_t ports = 1'024;  // in a block
};

struct MapRule {
  Prefix outside;  // IPv4
  Prefix inside;   // IPv6
  uint32_t ea_bits = 0;
  uint32_t psid_offset = 6;
};

PN_ENUM(Behind, itself, line, not_known)  // itself: no outside address of any NAT here

struct Inside {
  Behind kind = Behind::itself;
  IpAddress address;  // itself: as asked; line: what a session of the line covers
  bool operator==(const Inside&) const = default;
};

class Outside {
 public:
  Outside() = default;
  Outside(std::vector<PortBlocks> nats, std::vector<MapRule> maps) : nats_(std::move(nats)), maps_(std::move(maps)) {}

  // `protocol`: IANA; other than TCP and UDP an outside address is not known. Port 0 is "not told".
  [[nodiscard]] Inside of(uint8_t protocol, const IpAddress& address, uint16_t port) const;

 private:
  std::vector<PortBlocks> nats_;
  std::vector<MapRule> maps_;  // the longest outside prefix counts (RFC 7597 section 5)
};

}  // namespace postern::fold
