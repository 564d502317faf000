// SPDX-License-Identifier: Apache-2.0
// [dnstap]: your own resolvers as a source of mail servers' names that lines ask for.
#pragma once

#include <string>
#include <vector>

#include "base/endpoint.h"

namespace postern::settings {

struct KeyTable;

struct Dnstap {
  std::string listen_unix;  // empty = none
  std::string group;
  std::vector<Endpoint> listen;
  std::vector<Prefix> senders;  // besides loopback: who may send over TCP
  uint32_t lookups_per_s = 2'000;

  static const KeyTable& table();
  [[nodiscard]] bool on() const { return !listen_unix.empty() || !listen.empty(); }
};

}  // namespace postern::settings
