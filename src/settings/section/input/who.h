// SPDX-License-Identifier: Apache-2.0
// [who], [[who.nat]] and [[who.map]]: what is to be known to say whose an address, a port and a time were.
#pragma once

#include <vector>

#include "base/endpoint.h"
#include "base/ip.h"
#include "base/time.h"

namespace postern::settings {

struct KeyTable;

// A NAT that gives each inside address a block of ports by formula (RFC 7422 section 2, sequential).
struct PortBlocks {
  Prefix outside;
  Prefix inside;
  bool skip_ends = false;
  uint32_t first_port = 1'024;
  uint32_t ports = 0;

  static const KeyTable& table();
};

// A basic mapping rule of MAP-E or MAP-T (RFC 7597 section 5).
struct MapRule {
  Prefix outside;
  Prefix inside;
  uint32_t ea_bits = 0;
  uint32_t psid_offset = 6;

  static const KeyTable& table();
};

struct Who {
  Duration clock_skew = seconds(2);
  std::vector<Prefix> nat_logged;
  uint32_t nat_blocks_max = 262'144;
  std::vector<Endpoint> nat_log;  // for logs that are lines of text
  std::vector<Prefix> nat_log_senders;
  std::vector<PortBlocks> nats;
  std::vector<MapRule> maps;

  static const KeyTable& table();
};

}  // namespace postern::settings
