// SPDX-License-Identifier: Apache-2.0
// Kea's lease files (memfile): comma-separated lines, the first one names the columns (2.2: schema 2.x of DHCPv4, 4.x
// of DHCPv6; columns are found by name, so later ones do not matter). A lease is written again whole whenever it
// changes; a comma or a control character within a field stands as "&#xNN". Pure; the bytes are foreign: names come
// from clients.
//
// Relay information is in the lease's user-context only where the server has store-extended-info. DHCPv4 (RFC 3046):
// "relay-agent-info", the options' octets as 0x…, or since 2.3 an object with them in "sub-options". DHCPv6 (RFC 8415):
// "relays" or "relay-info", the relay nearest to the server first, each with its options; the one nearest to the client
// that says it counts.
// Limits: kLineMax octets, kFieldsMax fields; what is longer is a fault and no lease.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.h"
#include "base/fields.h"
#include "base/ip.h"
#include "base/time.h"

namespace postern::wire {

// gone: deleted (a release), its time is not written down.
PN_ENUM(KeaState, held, declined, expired, gone)

struct KeaLease {
  KeaState state = KeaState::held;
  Prefix prefix;      // an address, or a delegated prefix
  Time at;            // the client's last transaction
  Duration lifetime;  // 0 = for ever
  Bytes circuit;
  Bytes remote;
  Bytes client;  // client identifier, DUID
  Bytes hw;
  bool operator==(const KeaLease&) const = default;
};

// too_long; header: not the columns of a lease file; fields: not as many as the header has; address; number; name: a
// hexadecimal text that is none; context: user-context that is no JSON (the lease is still taken, without relay names).
PN_ENUM(KeaFault, too_long, header, fields, address, number, name, context)

class KeaLeaseLines {
 public:
  static constexpr size_t kLineMax = 65'536;
  static constexpr size_t kFieldsMax = 64;

  explicit KeaLeaseLines(bool v6) : v6_(v6) {}

  // Without the line's end. Nothing: the header, an empty line, or a temporary address (IA_TA).
  [[nodiscard]] std::expected<std::optional<KeaLease>, KeaFault> line(std::string_view text);
  // Leases of the lines so far whose user-context could not be read.
  [[nodiscard]] uint64_t contexts_unread() const { return contexts_unread_; }

 private:
  struct Columns {
    size_t count = 0;
    std::optional<size_t> address, lifetime, expire, client, hw, state, context, type, length;
  };
  [[nodiscard]] std::expected<std::optional<KeaLease>, KeaFault> header(const std::vector<std::string_view>& fields);
  void relay_names(std::string_view context, KeaLease& out);

  bool v6_;
  std::optional<Columns> columns_;
  std::vector<std::string_view> fields_;
  uint64_t contexts_unread_ = 0;
};

}  // namespace postern::wire
