// SPDX-License-Identifier: Apache-2.0
#include "tests/gate/frame.h"

#include <algorithm>

namespace postern::testing {
namespace {

void put16(Frame& f, uint16_t v) {
  f.push_back(static_cast<uint8_t>(v >> 8));
  f.push_back(static_cast<uint8_t>(v));
}
void put32(Frame& f, uint32_t v) {
  put16(f, static_cast<uint16_t>(v >> 16));
  put16(f, static_cast<uint16_t>(v));
}
uint16_t get16(const Frame& f, size_t i) { return static_cast<uint16_t>(f.at(i) << 8 | f.at(i + 1)); }
uint32_t get32(const Frame& f, size_t i) { return uint32_t{get16(f, i)} << 16 | get16(f, i + 2); }

uint32_t add(uint32_t sum, const uint8_t* p, size_t n) {
  for (size_t i = 0; i < n; ++i) sum += i % 2 == 0 ? static_cast<uint32_t>(p[i]) << 8 : p[i];
  return sum;
}
uint16_t fold(uint32_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

IpAddress ip(const std::string& text) { return parse_ip(text).value(); }

uint16_t segment_checksum(const IpAddress& from, const IpAddress& to, uint8_t protocol, const uint8_t* p, size_t n) {
  const size_t size = from.family == Family::v4 ? 4 : 16;
  uint32_t sum = add(0, from.bytes.data(), size);
  sum = add(sum, to.bytes.data(), size);
  return fold(add(sum + protocol + static_cast<uint32_t>(n), p, n));
}

Frame segment(const Shape& s) {
  Frame f;
  put16(f, s.source_port);
  put16(f, s.destination_port);
  if (s.udp) {
    put16(f, static_cast<uint16_t>(8 + s.payload));
    put16(f, 0);
  } else {
    put32(f, s.sequence);
    put32(f, s.acknowledgement);
    f.push_back(5 << 4);
    f.push_back(s.flags);
    put16(f, 64'000);
    put32(f, 0);
  }
  f.resize(f.size() + s.payload, 'x');
  const uint16_t sum = segment_checksum(ip(s.source), ip(s.destination), s.udp ? 17 : 6, f.data(), f.size());
  const size_t at = s.udp ? 6 : 16;
  f[at] = static_cast<uint8_t>(sum >> 8);
  f[at + 1] = static_cast<uint8_t>(sum);
  return f;
}

Frame packet4(const Shape& s, const Frame& body) {
  Frame f;
  f.push_back(static_cast<uint8_t>(0x40 | (5 + s.options / 4)));
  f.push_back(0);
  put16(f, static_cast<uint16_t>(20 + s.options + body.size()));
  put16(f, 77);
  put16(f, static_cast<uint16_t>((s.more_fragments ? 0x2000 : 0) | s.fragment.value_or(0)));
  f.push_back(61);
  f.push_back(s.udp ? 17 : 6);
  put16(f, 0);
  for (const auto& a : {ip(s.source), ip(s.destination)}) f.insert(f.end(), a.bytes.begin(), a.bytes.begin() + 4);
  f.resize(20 + s.options, 1);  // no-operation options
  const uint16_t sum = fold(add(0, f.data(), f.size()));
  f[10] = static_cast<uint8_t>(sum >> 8);
  f[11] = static_cast<uint8_t>(sum);
  f.insert(f.end(), body.begin(), body.end());
  return f;
}

Frame packet6(const Shape& s, const Frame& body) {
  std::vector<uint8_t> chain = s.extensions;
  if (s.fragment || s.more_fragments) chain.push_back(44);
  const uint8_t last = s.udp ? 17 : 6;
  Frame extensions;
  for (size_t i = 0; i < chain.size(); ++i) {
    Frame x{i + 1 < chain.size() ? chain[i + 1] : last, 0, 0, 0, 0, 0, 0, 0};
    if (chain[i] == 44) {
      const auto word = static_cast<uint16_t>(s.fragment.value_or(0) << 3 | (s.more_fragments ? 1 : 0));
      x[2] = static_cast<uint8_t>(word >> 8);
      x[3] = static_cast<uint8_t>(word);
    }
    if (chain[i] == 51) x = {x[0], 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    if (chain[i] == 60) x[2] = 1, x[3] = 4;  // PadN
    extensions.insert(extensions.end(), x.begin(), x.end());
  }
  Frame f;
  put32(f, 0x60000000);
  put16(f, static_cast<uint16_t>(extensions.size() + body.size()));
  f.push_back(chain.empty() ? last : chain.front());
  f.push_back(61);
  for (const auto& a : {ip(s.source), ip(s.destination)}) f.insert(f.end(), a.bytes.begin(), a.bytes.end());
  f.insert(f.end(), extensions.begin(), extensions.end());
  f.insert(f.end(), body.begin(), body.end());
  return f;
}

}  // namespace

size_t link_size(const Shape& s) {
  if (!s.ethernet) return 0;
  return 14 + 4 * s.tags.size() + (s.pppoe ? 8U : 0U);
}

Frame build(const Shape& s) {
  const bool v6 = ip(s.source).family == Family::v6;
  Frame packet = v6 ? packet6(s, segment(s)) : packet4(s, segment(s));
  if (s.cut) packet.resize(std::min(*s.cut, packet.size()));
  Frame f;
  if (s.ethernet) {
    f = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
    for (size_t i = 0; i < s.tags.size(); ++i) {
      put16(f, i == 0 && s.tags.size() > 1 ? 0x88a8 : 0x8100);
      put16(f, s.tags[i]);
    }
    put16(f, s.pppoe ? 0x8864 : v6 ? 0x86dd : 0x0800);
    if (s.pppoe) {
      put16(f, 0x1100);
      put16(f, 9);  // session
      put16(f, static_cast<uint16_t>(packet.size() + 2));
      put16(f, v6 ? 0x0057 : 0x0021);
    }
  }
  f.insert(f.end(), packet.begin(), packet.end());
  return f;
}

Seen read(const Frame& f, size_t link) {
  Seen seen;
  seen.link.assign(f.begin(), f.begin() + static_cast<std::ptrdiff_t>(link));
  const bool v6 = f.at(link) >> 4 == 6;
  const size_t header = v6 ? 40 : static_cast<size_t>(f.at(link) & 15) * 4;
  seen.ip_size = v6 ? 40U + get16(f, link + 4) : get16(f, link + 2);
  seen.trailing = f.size() - link - seen.ip_size;
  IpAddress from{v6 ? Family::v6 : Family::v4, {}};
  IpAddress to = from;
  const size_t size = v6 ? 16 : 4;
  const size_t at = link + (v6 ? 8 : 12);
  std::copy_n(f.begin() + static_cast<std::ptrdiff_t>(at), size, from.bytes.begin());
  std::copy_n(f.begin() + static_cast<std::ptrdiff_t>(at + size), size, to.bytes.begin());
  seen.source = to_string(from);
  seen.destination = to_string(to);
  const size_t l4 = link + header;
  seen.source_port = get16(f, l4);
  seen.destination_port = get16(f, l4 + 2);
  seen.sequence = get32(f, l4 + 4);
  seen.acknowledgement = get32(f, l4 + 8);
  seen.flags = f.at(l4 + 13);
  seen.checksums_ok = segment_checksum(from, to, 6, f.data() + l4, seen.ip_size - header) == 0 &&
                      (v6 || fold(add(0, f.data() + link, header)) == 0);
  return seen;
}

}  // namespace postern::testing
