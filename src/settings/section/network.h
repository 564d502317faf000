// SPDX-License-Identifier: Apache-2.0
// [network]: which part of the network is governed, and from where.
#pragma once

#include <string>
#include <vector>

#include "base/ip.h"

namespace postern::settings {

struct KeyTable;

struct Network {
  std::vector<Prefix> subscriber_prefixes;
  std::vector<std::string> subscriber_interfaces;
  std::vector<std::string> uplink_interfaces;
  std::vector<Prefix> dark;
  std::string default_class = "residential";

  static const KeyTable& table();
};

}  // namespace postern::settings
