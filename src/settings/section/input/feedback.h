// SPDX-License-Identifier: Apache-2.0
// [feedback]: complaints of receivers about mail from this network, and mail to addresses that nobody has. Both come
// through mail.intake.
#pragma once

#include <string>
#include <vector>

namespace postern::settings {

struct KeyTable;

struct Feedback {
  std::string address;                   // empty = no reports are taken
  std::vector<std::string> reporters;    // domains
  std::string authserv_id;               // empty = no report is believed
  std::vector<std::string> received_by;  // empty = provider.relay_host
  std::vector<std::string> traps;

  static const KeyTable& table();
};

}  // namespace postern::settings
