// SPDX-License-Identifier: Apache-2.0
// [dhcp] and [[dhcp.server]]: leases as a source of who holds an address.
#pragma once

#include <string>
#include <vector>

#include "model/lease.h"

namespace postern::settings {

struct KeyTable;

struct DhcpServer {
  std::string name;
  std::string leases4;  // empty = none
  std::string leases6;

  static const KeyTable& table();
};

struct Dhcp {
  std::vector<model::LeaseNameKind> identify = {model::LeaseNameKind::circuit, model::LeaseNameKind::remote};
  std::vector<DhcpServer> servers;

  static const KeyTable& table();
};

}  // namespace postern::settings
