// SPDX-License-Identifier: Apache-2.0
// Permit: an exception granted to one subscriber; a contract with limits and an end.
#pragma once

#include <string>
#include <vector>

#include "base/fields.h"
#include "base/ip.h"
#include "base/time.h"
#include "model/ids.h"
#include "model/line.h"

namespace postern::model {

// own_server -> Verdict::limited; named_server -> Verdict::listed (destinations), open_class -> Verdict::open.
PN_ENUM(PermitKind, own_server, named_server, open_class)
PN_ENUM(PermitState, active, expired, revoked)

struct Permit {
  PermitId id;
  SubscriberId subscriber;
  PermitKind kind = PermitKind::own_server;
  PermitState state = PermitState::active;
  Limits limits;
  std::vector<Prefix> destinations;  // named_server
  std::string terms_version;         // the text the customer agreed to; never empty
  Time granted;
  Time expires;  // never 0
  std::string granted_by;
  std::string note;
  bool operator==(const Permit&) const = default;
  PN_FIELDS(id, subscriber, kind, state, limits, destinations, terms_version, granted, expires, granted_by, note)
};

}  // namespace postern::model
