// SPDX-License-Identifier: Apache-2.0
// [radius_acct] and [[radius_acct.client]]: sessions from RADIUS accounting (RFC 2866).
#pragma once

#include <string>
#include <vector>

#include "base/endpoint.h"
#include "base/time.h"

namespace postern::settings {

struct KeyTable;

// One NAS, or a network of them with one secret.
struct RadiusClient {
  Prefix address;
  std::string secret_file;  // its first line is the shared secret

  static const KeyTable& table();
};

struct RadiusAcct {
  std::vector<Endpoint> listen;
  Duration interim_interval = minutes(10);
  std::vector<RadiusClient> clients;

  static const KeyTable& table();
};

}  // namespace postern::settings
