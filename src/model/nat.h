// SPDX-License-Identifier: Apache-2.0
// What a NAT logs of whom it gives outside addresses and ports (RFC 8158): a session, a binding, or a block of ports.
// Raw material for fold/, never seen by decide/.
#pragma once

#include <cstdint>

#include "base/endpoint.h"
#include "base/fields.h"
#include "base/ip.h"
#include "base/time.h"

namespace postern::model {

struct NatBlock {
  Time at;             // by the exporter's clock corrected to ours
  bool given = true;   // or taken back
  uint8_t protocol{};  // IANA; 0 = all that have ports
  IpAddress inside;    // whose; with `given` false it may be empty
  IpAddress outside;
  uint16_t first_port{};
  uint16_t last_port{};
  IpAddress exporter;
  // Of a session: where it goes. A NAT may give the same port to another line meanwhile, for another destination.
  Endpoint to;
  bool operator==(const NatBlock&) const = default;
  PN_FIELDS(at, given, protocol, inside, outside, first_port, last_port, exporter, to)
};

// Something of an exporter did not arrive, between two of its datagrams that did.
struct NatLoss {
  IpAddress exporter;
  Time after;
  Time until;
  bool operator==(const NatLoss&) const = default;
  PN_FIELDS(exporter, after, until)
};

}  // namespace postern::model
