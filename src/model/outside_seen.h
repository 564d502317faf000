// SPDX-License-Identifier: Apache-2.0
// What others say of this network (complaints of receivers, blocklists), mail at addresses that nobody has, and whom
// lines talk to that they had better not. Never content, never whose mail it was.
#pragma once

#include <string>

#include "base/fields.h"
#include "base/ip.h"
#include "base/time.h"

namespace postern::model {

PN_ENUM(ComplaintKind, other, abuse, fraud, virus)

// A feedback report (RFC 5965) about one mail, from a reporter that the operator listed and that is proven to have sent
// it. Of one mail either where it came from is known or the account that sent it through the provider's relay, or both.
struct Complaint {
  std::string reporter;  // as listed
  ComplaintKind kind = ComplaintKind::other;
  IpAddress source;      // as the network itself has it, behind any NAT of its own; none = known by account alone
  Time sent;             // by the reporter's clock, or by the relay's
  std::string account;   // account_name(); empty = not known
  bool relayed = false;  // it went through the provider's relay
  PN_FIELDS(reporter, kind, source, sent, account, relayed)
};

// A blocklist (RFC 5782) has an address that it did not have the last time.
struct Listing {
  std::string list;  // its zone
  IpAddress source;
  Time clean_at;  // when the address was last seen not to be listed; 0 = it was not looked at before
  PN_FIELDS(list, source, clean_at)
};

// A line carried a connection of somebody outside on to a mail port (SOCKS5, HTTP CONNECT): it said yes to it.
struct ProxyUse {
  IpAddress source;  // the line's
  IpAddress asker;
  uint16_t port = 25;  // asked for
  PN_FIELDS(source, asker, port)
};

// A line talked to a server that botnets are controlled from, by the operator's list: both ends sent something.
struct C2Contact {
  IpAddress source;  // the line's
  IpAddress server;
  uint16_t port = 0;  // the server's
  PN_FIELDS(source, server, port)
};

// Mail came to an address that is nobody's and was never told to anybody.
struct TrapHit {
  std::string trap;     // the address, lower case
  IpAddress source;     // of the line that handed it in; none = known by account alone
  Time sent;            // by the relay's clock
  std::string account;  // account_name(); empty = it was handed in without AUTH
  PN_FIELDS(trap, source, sent, account)
};

}  // namespace postern::model
