// SPDX-License-Identifier: Apache-2.0
// [decoy] and [[decoy.host]]: addresses that nobody uses and that answer.
#pragma once

#include <string>
#include <vector>

#include "base/fields.h"
#include "base/ip.h"
#include "base/time.h"

namespace postern::settings {

struct KeyTable;

PN_ENUM(DecoyKind, closed, smtp, open_relay, sign_in, worm)

struct DecoyHost {
  IpAddress address;
  DecoyKind kind = DecoyKind::closed;
  std::vector<uint32_t> ports;  // empty = those of the kind

  static const KeyTable& table();
  [[nodiscard]] std::vector<uint16_t> listens() const;
};

struct Decoy {
  std::vector<DecoyHost> hosts;
  std::string probe_netns;  // empty = no probes
  std::vector<IpAddress> probe_from;
  Duration beat = seconds(60);
  std::vector<std::string> honey;
  uint32_t connections_max = 256;
  uint32_t hits_per_s = 50;

  static const KeyTable& table();
};

}  // namespace postern::settings
