// SPDX-License-Identifier: Apache-2.0
// Subscriber and Session: who is behind an address, and when.
#pragma once

#include <string>
#include <vector>

#include "base/fields.h"
#include "base/ip.h"
#include "base/personal.h"
#include "base/time.h"
#include "model/ids.h"

namespace postern::model {

struct Contact {
  std::string name;
  std::string mail;
  std::string phone;
  bool operator==(const Contact&) const = default;
  PN_FIELDS(name, mail, phone)
};

// The stable identity: a line, tenant or VM; never an address.
struct Subscriber {
  SubscriberId id;
  std::string key;  // the operator's own name for the line ("cust-1001"); unique; RADIUS User-Name unless mapped
  std::string class_name;
  std::string language = "en";  // BCP 47
  Personal<Contact> contact;
  std::vector<Prefix> fixed;                    // prefixes that are the line's without RADIUS (static routes, hosting)
  std::string access;                           // with `fixed`: the interface
  Personal<std::vector<std::string>> accounts;  // names it signs in at the relay with; account_name(), sorted
  Personal<std::vector<std::string>> leases;    // how DHCP servers know it; lease_name(), sorted
  bool operator==(const Subscriber&) const = default;
  PN_FIELDS(id, key, class_name, language, contact, fixed, access, accounts, leases)
};

// dhcp: what a lease says, which never stands against the other two.
PN_ENUM(SessionSource, radius, fixed, dhcp)
PN_ENUM(SessionEnd, open, stop, replaced, nas_restart, aged, removed, expired)

// Which subscriber held which prefixes, from when to when, by which source.
struct Session {
  SessionId id;
  SubscriberId subscriber;  // 0: the NAS named a line that no import knows; class unknown
  SessionSource source = SessionSource::radius;
  std::string nas;
  std::string key;  // Acct-Session-Id within `nas`; of a lease: its prefix within the server
  std::string line_key;
  std::string access;      // interface (NAS-Port-Id); empty = not known
  std::string class_name;  // RADIUS Class when it names one; overrides the subscriber's for this session
  Personal<std::vector<Prefix>> prefixes;
  Time since;
  Time heard;  // last Start or Interim
  Time until;  // 0 = live
  SessionEnd end = SessionEnd::open;
  Duration lease;  // of a lease: it holds so long from `heard` on
  bool operator==(const Session&) const = default;
  PN_FIELDS(id, subscriber, source, nas, key, line_key, access, class_name, prefixes, since, heard, until, end, lease)
};

}  // namespace postern::model
