// SPDX-License-Identifier: Apache-2.0
// Record: one entry of the journal. Decisions and their evidence, never traffic. The engine's state is the fold of its
// records (plus detector levels, which only checkpoints carry). Append alternatives, never reorder them.
#pragma once

#include <string>
#include <variant>

#include "base/codec.h"
#include "base/fields.h"
#include "base/time.h"
#include "model/account.h"
#include "model/campaign.h"
#include "model/case.h"
#include "model/finding.h"
#include "model/order.h"
#include "model/permit.h"
#include "model/policy.h"
#include "model/subscriber.h"

namespace postern::model {

struct PolicyRevision {
  uint32_t revision = 0;
  Policy policy;
  bool operator==(const PolicyRevision&) const = default;
  PN_FIELDS(revision, policy)
};
// The subscriber as it now is (new, changed or of another class).
struct SubscriberChanged {
  Subscriber subscriber;
  bool operator==(const SubscriberChanged&) const = default;
  PN_FIELDS(subscriber)
};
// Personal data of the subscriber is gone: the store destroys the key with this record.
struct SubscriberErased {
  SubscriberId subscriber;
  bool operator==(const SubscriberErased&) const = default;
  PN_FIELDS(subscriber)
};
// The session as it now is. `until` set = ended.
struct SessionChanged {
  Session session;
  bool operator==(const SessionChanged&) const = default;
  PN_FIELDS(session)
};
struct PermitChanged {
  Permit permit;
  bool operator==(const PermitChanged&) const = default;
  PN_FIELDS(permit)
};
// The case as it now is, and why it changed.
struct CaseChanged {
  Case case_;
  std::string why;
  bool operator==(const CaseChanged&) const = default;
  PN_FIELDS(case_, why)
};
// What a person did, for the audit: "root: permit grant cust-1001 until 2027-01-01".
struct OperatorAction {
  std::string operator_name;
  std::string action;
  bool operator==(const OperatorAction&) const = default;
  PN_FIELDS(operator_name, action)
};
// Automation is stopped, or allowed again, by a person; or it held something back for the first time of an episode:
// once for what a person is to agree to, once for what is over a number.
struct GovernorChanged {
  bool stopped = false;
  std::string why;          // "held: 10 restrictions in the last hour"
  bool over_limit = false;  // what is held is over a number
  bool operator==(const GovernorChanged&) const = default;
  PN_FIELDS(stopped, why, over_limit)
};
// As CaseNoted, of before its text was sealed.
struct CaseNote {
  CaseId case_;
  std::string operator_name;
  std::string text;
  bool operator==(const CaseNote&) const = default;
  PN_FIELDS(case_, operator_name, text)
};
// What a person wrote on a case. Seen by operators only; goes with the customer's other personal data.
struct CaseNoted {
  CaseId case_;
  std::string operator_name;
  Personal<std::string> text;
  bool operator==(const CaseNoted&) const = default;
  PN_FIELDS(case_, operator_name, text)
};
// A mail account as it now is, why, and the finding it rests on when it is one that changed it (else its id is 0).
struct AccountChanged {
  Account account;
  Finding finding;
  std::string why;
  bool operator==(const AccountChanged&) const = default;
  PN_FIELDS(account, finding, why)
};
// Advice of a campaign as it now is.
struct AdviceChanged {
  Advice advice;
  bool operator==(const AdviceChanged&) const = default;
  PN_FIELDS(advice)
};
// The whole engine state; replay starts at the newest one.
struct Checkpoint {
  Bytes engine;
  bool operator==(const Checkpoint&) const = default;
  PN_FIELDS(engine)
};

using RecordBody = std::variant<std::monostate, PolicyRevision, SubscriberChanged, SubscriberErased, SessionChanged,
                                Finding, CaseChanged, Order, Receipt, PermitChanged, OperatorAction, Checkpoint,
                                GovernorChanged, CaseNote, CaseNoted, AccountChanged, AdviceChanged>;

struct Record {
  uint64_t sequence = 0;  // position in the journal, consecutive from 1; given by the store
  Time at;
  SubscriberId subject;  // whose key seals the Personal parts; 0 = nobody
  RecordBody body;
  bool operator==(const Record&) const = default;
  PN_FIELDS(sequence, at, subject, body)
};

// "session_changed", "finding" …: the name people and queries see.
[[nodiscard]] std::string_view kind_of(const RecordBody& body);

}  // namespace postern::model
