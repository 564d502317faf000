// SPDX-License-Identifier: Apache-2.0
// [webhook]: notices to the operator's own gateway (SMS, tickets).
#pragma once

#include <string>
#include <vector>

#include "base/endpoint.h"
#include "base/time.h"

namespace postern::settings {

struct KeyTable;

struct Webhook {
  std::string url;  // empty = none
  std::vector<Endpoint> address;
  std::string secret_file;
  std::string ca_file;
  Duration retry_for = hours(2);

  static const KeyTable& table();
};

}  // namespace postern::settings
