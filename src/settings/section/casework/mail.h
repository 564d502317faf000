// SPDX-License-Identifier: Apache-2.0
// [mail]: notices to customers by mail, through the provider's own relay.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "base/time.h"

namespace postern::settings {

struct KeyTable;

struct Mail {
  std::vector<Endpoint> relay;  // none = no notices by mail; one at most
  std::string from;             // address in the header
  std::string bounces;          // envelope sender
  bool require_tls = false;
  std::string ca_file;
  Duration retry_for = hours(2);
  std::string user;  // AUTH at the relay; empty = none
  std::string password_file;
  uint32_t sign_in_days = 7;     // a letter to a line about signing in without encryption; 0 = none
  std::vector<Endpoint> intake;  // LMTP: what comes back to `bounces`

  static const KeyTable& table();
};

}  // namespace postern::settings
