// SPDX-License-Identifier: Apache-2.0
// Packets and capture files made by hand, for tests of this folder.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <string>

#include "base/check.h"
#include "base/codec.h"
#include "wire/traffic/dns/message.h"
#include "wire/traffic/packet/headers.h"

namespace postern::wire::testing {

inline Bytes bytes_of(std::string_view text) {
  const auto* p = reinterpret_cast<const std::byte*>(text.data());
  return {p, p + text.size()};
}
// A segment that says something.
inline PacketHeaders segment_of(ByteView payload) {
  PacketHeaders p;
  p.protocol = 6;
  p.tcp_flags = 0x18;
  p.flags_known = true;
  p.payload = payload;
  return p;
}
inline std::string text_of(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// n octets of v, most significant first, or last.
inline std::string number(uint64_t v, int n, bool big = true) {
  std::string out;
  for (int i = 0; i < n; ++i) out += static_cast<char>(i < 8 ? v >> 8 * i : 0);
  if (big) std::reverse(out.begin(), out.end());
  return out;
}

inline std::string ipv4(uint8_t protocol, uint32_t from, uint32_t to, const std::string& payload, uint16_t fragment = 0,
                        const std::string& options = "") {
  return number(0x45 + options.size() / 4, 1) + number(0, 1) + number(20 + options.size() + payload.size(), 2) +
         number(0, 2) + number(fragment, 2) + number(64, 1) + number(protocol, 1) + number(0, 2) + number(from, 4) +
         number(to, 4) + options + payload;
}
inline std::string tcp(uint16_t from, uint16_t to, uint8_t flags, const std::string& payload = "") {
  return number(from, 2) + number(to, 2) + number(7, 4) + number(0, 4) + number(0x50, 1) + number(flags, 1) +
         number(0, 6) + payload;
}
inline std::string udp(uint16_t from, uint16_t to, const std::string& payload) {
  return number(from, 2) + number(to, 2) + number(8 + payload.size(), 2) + number(0, 2) + payload;
}
inline std::string ethernet(uint16_t type, const std::string& payload) {
  return std::string(12, '\2') + number(type, 2) + payload;
}
inline std::string dns(uint16_t id, uint16_t type, const std::string& name, bool response = false, uint8_t rcode = 0) {
  return text_of(
      encode_dns_question({.id = id, .response = response, .rcode = rcode, .type = type, .class_ = 1, .name = name}));
}

inline std::string pcap_head(uint32_t link, bool big = false, bool nanoseconds = false) {
  return number(nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, 4, big) + number(2, 2, big) + number(4, 2, big) +
         number(0, 8, big) + number(65535, 4, big) + number(link, 4, big);
}
inline std::string pcap_packet(uint32_t s, uint32_t fraction, const std::string& octets, bool big = false,
                               uint32_t original = 0) {
  return number(s, 4, big) + number(fraction, 4, big) + number(octets.size(), 4, big) +
         number(original == 0 ? octets.size() : original, 4, big) + octets;
}
inline std::string block(uint32_t type, std::string body, bool big = false) {
  body.resize((body.size() + 3) / 4 * 4, '\0');
  return number(type, 4, big) + number(body.size() + 12, 4, big) + body + number(body.size() + 12, 4, big);
}

// What a command prints: stored captures are packed.
inline Bytes output_of(const std::string& command) {
  FILE* pipe = ::popen(command.c_str(), "r");
  PN_CHECK(pipe != nullptr);
  Bytes out;
  std::array<std::byte, 65536> part{};
  while (const size_t n = ::fread(part.data(), 1, part.size(), pipe))
    out.insert(out.end(), part.begin(), part.begin() + static_cast<ptrdiff_t>(n));
  PN_CHECK(::pclose(pipe) == 0);
  return out;
}

}  // namespace postern::wire::testing
