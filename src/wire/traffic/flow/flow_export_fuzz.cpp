// SPDX-License-Identifier: Apache-2.0
// Datagrams one after the other (two octets of length before each) into one decoder: bounds hold, times are in order.
#include "base/check.h"
#include "wire/traffic/flow/flow_export.h"
#include "wire/traffic/octets.h"

using namespace postern;
using namespace postern::wire;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FlowExport decoder({.domains_max = 4, .templates_max = 8, .samplers_max = 4}, [](const model::Flow& f) {
    PN_CHECK(f.source && f.destination && f.begin <= f.end && f.sampling >= 1);
  });
  Octets in(std::as_bytes(std::span(data, size)));
  Time now = Time{} + seconds(1'700'000'000);
  while (in.left() > 2) {
    const size_t octets = std::min<size_t>(in.u16(), in.left());
    decoder.decode(IpAddress::v4(0x0a000001), now, in.take(octets));
    now = now + seconds(1);
  }
  PN_CHECK(decoder.domains() <= 4 && decoder.templates() <= 8);
  decoder.expire(now + hours(100));
  PN_CHECK(decoder.domains() == 0 && decoder.templates() == 0);
  return 0;
}
