// SPDX-License-Identifier: Apache-2.0
#include "fold/outside/outside.h"

namespace postern::fold {
namespace {

constexpr uint8_t kTcp = 6;
constexpr uint8_t kUdp = 17;
constexpr uint32_t kPorts = 65'536;
constexpr Inside kNotKnown{Behind::not_known, {}};

// The lowest `n` bits.
constexpr uint64_t mask(uint32_t n) { return n >= 64 ? ~uint64_t{0} : (uint64_t{1} << n) - 1; }

Inside in_blocks(const PortBlocks& nat, const IpAddress& address, uint16_t port) {
  if (port < nat.first_port || nat.ports == 0) return kNotKnown;
  const uint32_t blocks = (kPorts - nat.first_port) / nat.ports;
  const uint32_t block = (port - nat.first_port) / nat.ports;
  if (block >= blocks) return kNotKnown;
  const uint64_t outside = address.v4_host_order() - nat.outside.address.v4_host_order();
  const uint64_t place = outside * blocks + block + (nat.skip_ends ? 1 : 0);
  const uint64_t inside = uint64_t{1} << (32 - nat.inside.length);
  if (place >= inside - (nat.skip_ends ? 1 : 0)) return kNotKnown;
  return {Behind::line, IpAddress::v4(nat.inside.address.v4_host_order() + static_cast<uint32_t>(place))};
}

Inside in_map(const MapRule& rule, const IpAddress& address, uint16_t port) {
  const uint32_t suffix_bits = 32U - rule.outside.length;
  uint64_t embedded = address.v4_host_order() & mask(suffix_bits);
  if (rule.ea_bits <= suffix_bits) {
    embedded >>= suffix_bits - rule.ea_bits;  // a line has a whole IPv4 address, or several
  } else {
    const uint32_t psid_bits = rule.ea_bits - suffix_bits;
    if (psid_bits + rule.psid_offset > 16) return kNotKnown;
    if (rule.psid_offset > 0 && (port >> (16 - rule.psid_offset)) == 0) return kNotKnown;
    embedded = embedded << psid_bits | ((port >> (16 - rule.psid_offset - psid_bits)) & mask(psid_bits));
  }
  if (rule.inside.length + rule.ea_bits > 64) return kNotKnown;
  embedded <<= 64 - rule.inside.length - rule.ea_bits;
  IpAddress inside = rule.inside.address;
  for (int i = 7; i >= 0; --i, embedded >>= 8) inside.bytes[static_cast<size_t>(i)] |= static_cast<uint8_t>(embedded);
  return {Behind::line, inside};
}

}  // namespace

Inside Outside::of(uint8_t protocol, const IpAddress& address, uint16_t port) const {
  const bool has_ports = (protocol == kTcp || protocol == kUdp) && port != 0;
  for (const PortBlocks& nat : nats_)
    if (nat.outside.contains(address)) return has_ports ? in_blocks(nat, address, port) : kNotKnown;
  const MapRule* best = nullptr;
  for (const MapRule& rule : maps_)
    if (rule.outside.contains(address) && (best == nullptr || rule.outside.length > best->outside.length)) best = &rule;
  if (best == nullptr) return {Behind::itself, address};
  return has_ports || best->ea_bits <= 32U - best->outside.length ? in_map(*best, address, port) : kNotKnown;
}

}  // namespace postern::fold
