// SPDX-License-Identifier: Apache-2.0
// [provider]: who the customers and their mail servers are told to talk to, and the relay they are told to use.
// [autoconfig]: what mail programs need to know to set themselves up for it.
#pragma once

#include <string>
#include <vector>

#include "base/fields.h"
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

// What people sign in with: their address, or what stands before its @.
PN_ENUM(SignInName, address, local_part)

struct Autoconfig {
  std::vector<std::string> domains;  // of the customers' mail addresses; none = nothing is served
  std::string imap_host;
  std::string pop_host;
  SignInName sign_in = SignInName::address;

  static const KeyTable& table();
};

}  // namespace postern::settings
