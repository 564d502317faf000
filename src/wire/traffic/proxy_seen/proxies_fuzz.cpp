// SPDX-License-Identifier: Apache-2.0
// Segments of one connection, any octets: of each an octet says who speaks and how long it is. Nothing is told that was
// not asked for, and only of mail ports; the table keeps to its bound.
#include <algorithm>
#include <vector>

#include "base/check.h"
#include "wire/traffic/proxy_seen/proxies.h"

using namespace postern;
using namespace postern::wire;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 4096) return 0;
  constexpr uint8_t kOfProxy = 0x80;
  ByteView left = std::as_bytes(std::span(data, size));
  std::vector<Proxied> told;
  Proxies seen([&](const Proxied& p) { told.push_back(p); });
  uint32_t asked = 7;
  uint32_t answered = 9;
  size_t segments = 0;
  Time now = Time{} + seconds(1'700'000'000);
  while (!left.empty()) {
    const auto head = static_cast<uint8_t>(left.front());
    left = left.subspan(1);
    const bool of_proxy = (head & kOfProxy) != 0;
    PacketHeaders p;
    p.protocol = 6;
    p.payload = left.first(std::min<size_t>(left.size(), head & 0x7fU));
    left = left.subspan(p.payload.size());
    p.source = *parse_ip(of_proxy ? "192.0.2.1" : "203.0.113.9");
    p.destination = *parse_ip(of_proxy ? "203.0.113.9" : "192.0.2.1");
    p.source_port = of_proxy ? 1080 : 40'000;
    p.destination_port = of_proxy ? 40'000 : 1080;
    p.tcp_sequence = of_proxy ? answered : asked;
    p.tcp_acknowledged = of_proxy ? asked : answered;
    (of_proxy ? answered : asked) += static_cast<uint32_t>(p.payload.size());
    now = now + milliseconds(100);
    ++segments;
    seen.add(now, p);
    PN_CHECK(seen.asked() <= 2 && told.size() * 2 <= segments && told.size() == seen.found());
  }
  for (const Proxied& p : told) PN_CHECK(p.port == 25 || p.port == 465 || p.port == 587 || p.port == 2525);
  return 0;
}
