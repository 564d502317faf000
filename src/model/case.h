// SPDX-License-Identifier: Apache-2.0
// Case: the life of one trouble, from the finding that opened it to the line that is clean again. A case as journaled
// is whole: who was told what and when, what is due, and what the line has been through. Deadlines are points in time,
// so they survive restarts.
#pragma once

#include <string>
#include <vector>

#include "base/fields.h"
#include "base/time.h"
#include "model/ids.h"
#include "model/line.h"

namespace postern::model {

//   opened         nobody was reached yet
//   contacted      a notice went out by some channel
//   confirmed      the customer pressed the button, answered, or talked to somebody
//   deadline       the deadline has passed and the behaviour is still there: waits for the governor or for a person
//   restricted     CaseRules::restriction: the services the evidence was on, or the whole garden
//   disconnected   the plug is pulled: the garden, at the NAS and in authorisation too; no Internet service
//   released       what was restricted is lifted; watched until it is clean for long enough
//   verified_clean the behaviour stayed away (journaled right before closed)
//   closed         over
PN_ENUM(CaseState, opened, contacted, confirmed, deadline, restricted, disconnected, released, verified_clean, closed)

// What the case is about.
//   behaviour    what a device on the line does: findings
//   relay_limit  the line, or an account of its customer, came to the end of a limit of the relay, and its class asks
//                for a case then. A question to the customer: it restricts nothing, whatever comes. A finding makes it
//                a case of behaviour.
PN_ENUM(CaseKind, behaviour, relay_limit)

// The limit that a case of kind relay_limit is about: "recipients" of an "hour".
struct LimitReached {
  std::string what;
  std::string window;
  uint32_t most = 0;
  bool operator==(const LimitReached&) const = default;
  PN_FIELDS(what, window, most)
};

// What the case rests on. A question (novelty alone) never restricts; block shortens the deadline.
PN_ENUM(CaseGrade, question, evidence, block)

// What the customer said, apart from what the case is.
PN_ENUM(CustomerStatus, silent, read, says_clean, disputes, wants_help)

// Where a notice goes. `portal` and `garden` are pages: nothing is sent, so they never count as a contact by
// themselves.
PN_ENUM(Channel, mail, webhook, call_list)

// Which text: one template for each, so that nobody gets the first scare twice.
//   disconnecting  the plug will be pulled, and when; before disconnected, always
//   widened        more services are closed than the line was told of
//   relay_limit    of CaseKind::relay_limit, its only one
PN_ENUM(Notice, first, question, reminder, persists, restricted, released, relapse, clean, disconnecting, disconnected,
        widened, relay_limit)

//   ordered    journaled; the channel has it or will get it again after a restart
//   sent       the channel took it (the relay's 250, the gateway's 2xx, the list's export)
//   bounced    it came back
//   failed     the channel refused it or gave up
//   unusable   the subscriber has no such address
PN_ENUM(ContactState, ordered, sent, bounced, failed, unusable)

struct ContactAttempt {
  ContactId id;  // makes the Message-ID and the webhook's idempotency key: sent twice is one contact
  Channel channel = Channel::mail;
  Notice notice = Notice::first;
  ContactState state = ContactState::ordered;
  Time at;
  Time settled;
  std::string detail;  // the relay's answer, why it failed
  bool operator==(const ContactAttempt&) const = default;
  PN_FIELDS(id, channel, notice, state, at, settled, detail)
};

inline constexpr size_t kContactsPerCaseMax = 32;

// What an operator may order.
//   note      text is kept with the case
//   confirm   the customer was reached in person
//   extend    a later deadline (`until`)
//   approve   agrees to a restriction that is held
//   restrict  now, by name; not held by the governor, still never without a contact attempt
//   release   now
//   close     over, whatever is seen
//   disconnect  now, by name; only a line that is restricted already
//   says      what the customer told the operator (`says`)
//   undo      takes back the last of these, as long as the case is where it put it
PN_ENUM(CaseVerb, note, confirm, extend, approve, restrict, release, close, disconnect, says, undo)

// What an operator's last order changed of a case, as it was before: undone as long as the case is still where the
// order put it.
struct CaseBefore {
  CaseVerb verb = CaseVerb::note;  // note: there is nothing to undo
  std::string operator_name;
  CaseState put = CaseState::opened;  // where the order put it
  CaseState state = CaseState::opened;
  CustomerStatus customer = CustomerStatus::silent;
  Time confirmed_at;
  Time contacted_at;
  Time deadline_at;
  Time restricted_at;
  Time released_at;
  Time asked_at;
  Time disconnected_at;
  Time plug_asked_at;
  std::vector<std::string> approvals;
  bool operator==(const CaseBefore&) const = default;
  PN_FIELDS(verb, operator_name, put, state, customer, confirmed_at, contacted_at, deadline_at, restricted_at,
            released_at, asked_at, disconnected_at, plug_asked_at, approvals)
};

struct Case {
  CaseId id;
  SubscriberId line;
  CaseState state = CaseState::opened;
  Time opened;
  Time changed;
  std::vector<FindingId> findings;
  int32_t score_mnat = 0;
  uint32_t first_contacts = 0;
  std::string summary;  // one line a person can read
  Time confirmed_at;    // the button on the page from the line's own session, or a person's word
  CaseGrade grade = CaseGrade::question;
  CustomerStatus customer = CustomerStatus::silent;
  std::vector<ContactAttempt> contacts;  // oldest first
  Time contacted_at;                     // when a channel first took a notice
  Time deadline_at;                      // shown to the customer; 0 = none (a question has none)
  Time restricted_at;
  std::string restricted_nas;  // the line's NAS then: the governor counts by it
  Time released_at;
  Time asked_at;                       // since when a restriction is due and held
  bool promise_missed = false;         // no channel took a notice within the promise: somebody was paged
  uint32_t self_releases = 0;          // of this line within the relapse window, earlier cases included
  uint32_t relapses = 0;               // the same
  std::vector<std::string> approvals;  // operators who agreed to a restriction that needs two
  std::vector<Service> services;       // the evidence was on: what a restriction closes; sorted, kClosedMax at most
  Time disconnected_at;                // the plug was pulled
  Time plug_asked_at;                  // since when pulling the plug is due and held
  CaseBefore before;
  Time widened_at;  // when `services` last grew while the line was held back by them; 0 = not
  CaseKind kind = CaseKind::behaviour;
  LimitReached limit;
  bool operator==(const Case&) const = default;
  PN_FIELDS(id, line, state, opened, changed, findings, score_mnat, first_contacts, summary, confirmed_at, grade,
            customer, contacts, contacted_at, deadline_at, restricted_at, restricted_nas, released_at, asked_at,
            promise_missed, self_releases, relapses, approvals, services, disconnected_at, plug_asked_at, before,
            widened_at, kind, limit)
};

// Restricted or cut off now.
[[nodiscard]] constexpr bool holds_back(CaseState s) {
  return s == CaseState::restricted || s == CaseState::disconnected;
}

}  // namespace postern::model
