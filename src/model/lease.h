// SPDX-License-Identifier: Apache-2.0
// A DHCP lease as a source of who holds an address, and the names by which a DHCP server knows a line.
//   circuit  where the relay agent says the client is: RFC 3046 Agent Circuit ID, DHCPv6 Interface-Id (option 18)
//   remote   whom it says the client is: RFC 3046 Agent Remote ID, DHCPv6 Remote-ID (option 37) without its enterprise
//   client   what the client calls itself: RFC 2132 client identifier, DUID
//   hw       its hardware address
// The network writes the first two, the customer's device the others: whoever types a neighbour's gets his leases.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/codec.h"
#include "base/fields.h"
#include "base/ip.h"
#include "base/result.h"
#include "base/time.h"

namespace postern::model {

PN_ENUM(LeaseNameKind, circuit, remote, client, hw)

inline constexpr size_t kLeaseNameOctetsMax = 255;  // an option of DHCPv4; what is longer is no name
inline constexpr size_t kLeaseNamesPerSubscriberMax = 16;

// "circuit:olt3/1/7", "client:0x01aabbcc", "hw:02:00:5e:10:00:01": one name for the same octets however they are
// written. Printable ASCII without spaces stands for itself unless it begins with 0x; the rest is hexadecimal. Empty
// when `octets` is empty or too long.
[[nodiscard]] std::string lease_name(LeaseNameKind kind, ByteView octets);
// The same of a name a person wrote: 0x and hexadecimal, or text; hw also with - or without separators.
[[nodiscard]] Result<std::string> parse_lease_name(std::string_view text);

// The server says: these names hold the prefix for `lease` from the observation's time on; or not any longer.
struct LeaseSeen {
  bool ended = false;              // released, declined or expired
  std::string server;              // as the settings call it
  Prefix prefix;                   // an address, or a delegated prefix
  std::vector<std::string> names;  // lease_name()s, the one to be believed first first; empty with `ended` = whoever
  Duration lease;
  Time heard;  // of the client, when this was written: what ended is the lease it had then, not one it got since
  PN_FIELDS(ended, server, prefix, names, lease, heard)
};

}  // namespace postern::model
