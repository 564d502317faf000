// SPDX-License-Identifier: Apache-2.0
// Order: what is to be, to whom, since, until, why. Receipt: what an actuator really did.
#pragma once

#include <string>
#include <vector>

#include "base/fields.h"
#include "base/time.h"
#include "model/ids.h"
#include "model/line.h"
#include "model/policy.h"

namespace postern::model {

// One verdict for all prefixes of one session. Idempotent by id: applying it twice is applying it once.
struct Order {
  OrderId id;
  SubscriberId subject;
  SessionId session;
  Mode mode = Mode::on;
  Verdict verdict = Verdict::explain;
  Reason reason = Reason::class_policy;
  std::string because;    // "class residential, policy revision 3", "permit 7"
  uint32_t revision = 0;  // policy revision
  Limits limits;
  std::vector<Prefix> listed;
  Time since;
  Time until;  // 0 = as long as the session lives
  Hold hold = Hold::none;
  std::vector<Service> closed;  // with Hold::services, sorted
  bool plug = false;  // the NAS is asked too (RFC 5176), and authorisation: the session is to be in the garden
  bool operator==(const Order&) const = default;
  PN_FIELDS(id, subject, session, mode, verdict, reason, because, revision, limits, listed, since, until, hold, closed,
            plug)
};

PN_ENUM(ReceiptState, accepted, in_force, refused, expired, lost, withdrawn)

struct Receipt {
  OrderId order;
  std::string actuator;  // "gate"
  ReceiptState state = ReceiptState::accepted;
  std::string detail;
  Time at;
  bool operator==(const Receipt&) const = default;
  PN_FIELDS(order, actuator, state, detail, at)
};

}  // namespace postern::model
