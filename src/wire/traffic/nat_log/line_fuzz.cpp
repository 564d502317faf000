// SPDX-License-Identifier: Apache-2.0
// What is taken is one port of one connection, told within what is news; nothing else has a block.
#include "base/check.h"
#include "wire/traffic/nat_log/line.h"

using namespace postern;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Time now = Time{} + seconds(1'795'851'409);
  const wire::NatLine line = wire::read_nat_line({reinterpret_cast<const char*>(data), size}, now);
  const model::NatBlock& b = line.block;
  if (line.is != wire::NatLineIs::connection) {
    PN_CHECK(b == model::NatBlock{});
    return 0;
  }
  PN_CHECK(b.first_port != 0 && b.first_port == b.last_port && b.to.port != 0);
  PN_CHECK(b.protocol == 6 || b.protocol == 17);
  PN_CHECK(b.inside && b.outside && b.to.address && b.inside != b.outside);
  PN_CHECK(b.at >= now - wire::kLineLate && b.at <= now + wire::kLineLate);
  return 0;
}
