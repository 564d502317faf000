// SPDX-License-Identifier: Apache-2.0
// [relay]: what the provider's own Postfix asks before it takes a message. How much a line or an account may send is
// its class's: [class.NAME] relay_*.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "base/fields.h"
#include "base/ip.h"
#include "model/policy.h"

namespace postern::settings {

struct KeyTable;

PN_ENUM(AuthOn25, accept, refuse)

struct Relay {
  std::string listen_unix;  // empty = none
  std::string group = "postfix";
  std::vector<Endpoint> listen;
  std::vector<Prefix> clients;  // besides loopback: who may ask over TCP
  std::vector<Prefix> trusted;  // besides loopback: the provider's own machines
  std::string account_class;    // empty = network.default_class
  AuthOn25 auth_on_25 = AuthOn25::accept;
  uint32_t restricted_percent = 10;
  uint32_t connections_max = 2'000;
  uint32_t meters_max = 131'072;
  uint32_t messages_max = 16'384;
  uint32_t warn_percent = 80;
  std::vector<std::string> honey_accounts;  // nobody's
  model::Mode hold_mode = model::Mode::shadow;
  model::Mode lock_mode = model::Mode::shadow;
  uint32_t accounts_per_hour = 20;
  std::string origins;             // empty = where an address is, is not known
  std::vector<Endpoint> mail_log;  // for Postfix's log
  std::string milter_unix;         // empty = none
  std::vector<Endpoint> milter;

  static const KeyTable& table();
};

}  // namespace postern::settings
