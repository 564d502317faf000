// SPDX-License-Identifier: Apache-2.0
// [notice] and [garden]: the web pages for customers. What is refused, and what is paused.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "base/time.h"

namespace postern::settings {

struct KeyTable;

struct Notice {
  std::vector<Endpoint> listen;
  std::vector<Prefix> proxies;

  static const KeyTable& table();
};

struct Garden {
  Endpoint listen4{IpAddress::v4(0x7f000001), 2580};
  Endpoint listen6{IpAddress::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), 2580};
  std::string url;
  uint32_t asks_per_min = 600;
  uint32_t connections_max = 2'048;
  std::vector<Prefix> allow;
  std::vector<std::string> allow_names;
  bool shipped_names = true;
  std::vector<Prefix> emergency;
  std::vector<IpAddress> resolvers;
  Duration keep = hours(24);
  uint32_t addresses_max = 4'096;

  static const KeyTable& table();
};

}  // namespace postern::settings
