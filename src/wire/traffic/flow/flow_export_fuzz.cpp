// SPDX-License-Identifier: Apache-2.0
// Datagrams one after the other (two octets of length before each) into one decoder: bounds hold, times are in order.
// Into a second one that wants nothing but what is of some peers: it gives just these, and counts the rest.
#include "base/check.h"
#include "wire/traffic/flow/flow_export.h"
#include "wire/traffic/octets.h"

using namespace postern;
using namespace postern::wire;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr FlowExportLimits kLimits{.domains_max = 4, .templates_max = 8, .samplers_max = 4};
  Peers peers;
  for (const char* network : {"10.0.0.0/24", "192.0.2.0/24", "198.51.100.0/24", "2001:db8::/48"})
    peers.add(parse_prefix(network).value());
  uint64_t of_peers = 0;
  FlowExport decoder(kLimits, [&](const model::Flow& f) {
    PN_CHECK(f.source && f.destination && f.begin <= f.end && f.sampling >= 1);
    of_peers += f.protocol == 6 && (peers.may_have(f.source) || peers.may_have(f.destination)) ? 1 : 0;
  });
  FlowExport picky(kLimits, [](const model::Flow&) {}, [](uint8_t, uint16_t, uint16_t, uint8_t) { return false; });
  picky.want_peers(&peers);
  Octets in(std::as_bytes(std::span(data, size)));
  Time now = Time{} + seconds(1'700'000'000);
  while (in.left() > 2) {
    const size_t octets = std::min<size_t>(in.u16(), in.left());
    const ByteView datagram = in.take(octets);
    decoder.decode(IpAddress::v4(0x0a000001), now, datagram);
    picky.decode(IpAddress::v4(0x0a000001), now, datagram);
    now = now + seconds(1);
  }
  PN_CHECK(picky.stats().flows == of_peers);
  PN_CHECK(decoder.domains() <= 4 && decoder.templates() <= 8);
  decoder.expire(now + hours(100));
  PN_CHECK(decoder.domains() == 0 && decoder.templates() == 0);
  return 0;
}
