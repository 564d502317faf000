// SPDX-License-Identifier: Apache-2.0
// Builder in, bytes out: one TCP or UDP frame in every shape the gate parses. Checksums are real.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip.h"

namespace postern::testing {

using Frame = std::vector<uint8_t>;

struct Shape {
  std::string source = "10.1.0.7";
  std::string destination = "198.51.100.25";
  uint16_t source_port = 40'000;
  uint16_t destination_port = 25;
  uint8_t flags = 0x02;  // SYN
  uint32_t sequence = 1000;
  uint32_t acknowledgement = 0;
  size_t payload = 0;
  bool udp = false;
  bool ethernet = true;
  std::vector<uint16_t> tags;  // VLAN ids, outer first; two = 802.1ad + 802.1Q
  bool pppoe = false;
  size_t options = 0;                // IPv4 option bytes, a multiple of 4
  std::vector<uint8_t> extensions;   // IPv6 extension header types in order (44 = fragment)
  std::optional<uint16_t> fragment;  // offset in 8-byte units; IPv6: of a 44 header added last
  bool more_fragments = false;
  std::optional<size_t> cut;  // keep only this many bytes of the IP packet
};

constexpr uint8_t kFin = 1, kSyn = 2, kRst = 4, kAck = 16;

[[nodiscard]] Frame build(const Shape& shape);

// What a test reads out of a frame the gate rewrote.
struct Seen {
  std::string source, destination;
  uint16_t source_port = 0, destination_port = 0;
  uint8_t flags = 0;
  uint32_t sequence = 0, acknowledgement = 0;
  size_t ip_size = 0;   // as its header says
  size_t trailing = 0;  // bytes behind it
  bool checksums_ok = false;
  std::vector<uint8_t> link;  // everything before the IP header
};
[[nodiscard]] Seen read(const Frame& frame, size_t link_size);
[[nodiscard]] size_t link_size(const Shape& shape);

}  // namespace postern::testing
