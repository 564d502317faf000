// SPDX-License-Identifier: Apache-2.0
// What is observed and ordered of mail accounts: at the relay, and of signing in elsewhere without encryption.
#pragma once

#include <string>

#include "base/fields.h"
#include "base/ip.h"
#include "model/account.h"
#include "model/case.h"
#include "model/flow.h"
#include "model/ids.h"

namespace postern::model {

// What one account did through the relay since the edge last told of it: sums of at most a second, all from one source,
// or the final word of receivers on what it sent. Never content, never a recipient.
struct AccountUse {
  std::string account;  // account_name()
  IpAddress source;     // it signed in from there; none where only receivers spoke
  SubscriberId line;    // whose line that is; 0 = none of ours
  Place place;          // where that is, as the operator's table says
  uint32_t recipients = 0;
  uint32_t new_recipients = 0;  // of these: not among those it wrote to lately
  uint32_t refused = 0;         // over a limit
  uint32_t delivered = 0;       // of recipients new within a day or two: their server took it
  uint32_t failed = 0;          // the same: 5xx, no such user or refused by policy
  uint32_t login_failures = 0;
  bool in_the_clear = false;  // it signed in without TLS
  bool honey = false;         // from where a password was used that only a thief can have
  PN_FIELDS(account, source, line, place, recipients, new_recipients, refused, delivered, failed, login_failures,
            in_the_clear, honey)
};
// A line or an account came near one of its limits at the relay (percent < 100), or reached it; told once per window.
struct RelayLimit {
  SubscriberId line;    // 0: an account
  std::string account;  // account_name()
  std::string what;     // "recipients"
  std::string window;   // "hour"
  uint32_t most = 0;
  uint32_t percent = 100;
  PN_FIELDS(line, account, what, window, most, percent)
};
// A line signed in at a mail server of others, and nothing was encrypted.
struct ClearSignIn {
  IpAddress source;
  IpAddress destination;
  uint16_t port = 0;
  SignIn gave = SignIn::password;
  bool decoy = false;  // the server is one of ours, and nobody's
  PN_FIELDS(source, destination, port, gave, decoy)
};
struct AccountCommand {
  std::string operator_name;
  std::string account;
  AccountVerb verb = AccountVerb::hold;
  std::string why;
  PN_FIELDS(operator_name, account, verb, why)
};
// What the operator's hook said of the newest change of an account.
struct AccountSettled {
  AccountId account;
  uint64_t change = 0;  // Account::changes
  ContactState state = ContactState::sent;
  std::string detail;
  PN_FIELDS(account, change, state, detail)
};

}  // namespace postern::model
