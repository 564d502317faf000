// SPDX-License-Identifier: Apache-2.0
// [provider]: who the customers and their mail servers are told to talk to, and the relay they are told to use.
#pragma once

#include <string>
#include <vector>

#include "base/ip.h"

namespace postern::settings {

struct KeyTable;

struct Provider {
  std::string name;
  std::string url;      // the page of a refusal is url/r/REFERENCE
  std::string contact;  // mail address
  std::string phone;
  std::string relay_host;
  std::vector<Prefix> relay;

  static const KeyTable& table();
};

}  // namespace postern::settings
