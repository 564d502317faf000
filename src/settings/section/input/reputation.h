// SPDX-License-Identifier: Apache-2.0
// [reputation] and [[reputation.list]]: what blocklists say of the network's addresses, and when the answers of
// receivers to the relay are an alarm.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ip.h"
#include "base/time.h"

namespace postern::settings {

struct KeyTable;

struct Blocklist {
  std::string zone;
  std::vector<Prefix> no_trouble = {Prefix::host(IpAddress::v4(0x7f00000a)), Prefix::host(IpAddress::v4(0x7f00000b))};

  static const KeyTable& table();
};

struct Reputation {
  std::vector<Blocklist> lists;
  std::vector<IpAddress> resolvers;
  std::vector<Prefix> watch;
  uint32_t queries_per_s = 2;
  Duration every = hours(6);
  uint32_t refused_percent = 30;
  Duration queue_age = hours(4);

  static const KeyTable& table();
};

}  // namespace postern::settings
