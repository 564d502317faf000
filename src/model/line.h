// SPDX-License-Identifier: Apache-2.0
// What an edge knows of one line: the entry of the published line table.
#pragma once

#include <string>
#include <vector>

#include "base/fields.h"
#include "base/ip.h"
#include "base/time.h"
#include "model/ids.h"

namespace postern::model {

// What happens to a governed packet (TCP port 25) from the line.
//   open     forwarded, first contacts watched
//   limited  forwarded within Limits; beyond them a new connection is greeted 421 by the explainer
//   listed   forwarded to LineEntry::listed only; elsewhere greeted 554
//   explain  steered to the explainer, greeted 554 with a reference
//   reject   TCP RST / ICMP administratively prohibited, rate-limited
//   drop     dropped and counted
PN_ENUM(Verdict, open, limited, listed, explain, reject, drop)

// Why the line has its verdict; goes into references, orders, banners and pages. Append only.
PN_ENUM(Reason, none, class_policy, unknown_line, permit, permit_expired, permit_revoked, operator_order, restriction)

// Token buckets the kernel enforces. 0 = no limit of that kind.
struct Limits {
  uint32_t connections_per_min = 0;  // refill rate; the bucket holds connections_burst
  uint32_t connections_burst = 0;
  uint32_t networks_per_hour = 0;  // new destination networks (IPv4 /24, IPv6 /48)
  uint32_t networks_burst = 0;
  auto operator<=>(const Limits&) const = default;
  PN_FIELDS(connections_per_min, connections_burst, networks_per_hour, networks_burst)
};

// What a restriction takes from a line beside its verdict on port 25.
//   none      nothing
//   services  new and open flows of LineEntry::closed; all else goes on
//   garden    everything but the relay, DNS, DHCP, routing, the provider's pages and the allow-list: HTTP is answered
//   by
//             the garden page, TLS and all else is reset at once
PN_ENUM(Hold, none, services, garden)

PN_ENUM(Transport, tcp, udp)

// A service that a line was seen abusing: the destination port of what it sent.
struct Service {
  Transport transport = Transport::tcp;
  uint16_t port = 0;
  auto operator<=>(const Service&) const = default;
  PN_FIELDS(transport, port)
};
inline constexpr size_t kClosedMax = 16;  // services of one line

// One prefix of one live session. Prefixes of a table never overlap but where a longer one is meant to win.
struct LineEntry {
  Prefix prefix;            // IPv4 host or block, IPv6 delegated or framed prefix
  SubscriberId line;        // 0 = class unknown
  std::string access;       // interface the line must come in on; empty = any governed interface
  uint16_t vlan_outer = 0;  // with `access`: 802.1ad/802.1Q tags the line must carry; 0 = not checked
  uint16_t vlan_inner = 0;
  std::string class_name;
  Verdict verdict = Verdict::explain;
  Reason reason = Reason::class_policy;
  uint32_t revision = 0;       // policy revision the verdict comes from
  Limits limits;               // for Verdict::limited and ::listed
  std::vector<Prefix> listed;  // at most kListedMax
  Time expires;                // then the kernel falls back to the class `unknown` by itself; 0 = never
  OrderId order;               // the order this carries out
  Hold hold = Hold::none;
  std::vector<Service> closed;  // with Hold::services, port 25 apart; at most kClosedMax, sorted
  bool operator==(const LineEntry&) const = default;
  PN_FIELDS(prefix, line, access, vlan_outer, vlan_inner, class_name, verdict, reason, revision, limits, listed,
            expires, order, hold, closed)
};
inline constexpr size_t kListedMax = 64;

// A change of the table, applied as one: `removed` first, then `set`; a prefix in both is replaced in place, so there
// is no moment without an entry. Sequences are consecutive within one `epoch` (a start of the brain).
struct LineDelta {
  uint64_t epoch = 0;
  uint64_t sequence = 0;
  std::vector<Prefix> removed;
  std::vector<LineEntry> set;
  PN_FIELDS(epoch, sequence, removed, set)
};

}  // namespace postern::model
