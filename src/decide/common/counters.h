// SPDX-License-Identifier: Apache-2.0
// What the engine counts instead of recording it.
#pragma once

#include <cstdint>

#include "base/fields.h"

namespace postern::decide {

// All count from the first start of the journal on (they are in checkpoints).
struct Counters {
  uint64_t observations = 0;
  uint64_t session_duplicates = 0;    // events that told nothing new: no record
  uint64_t session_late = 0;          // older than what is known of the session or the address
  uint64_t session_unknown_stop = 0;  // Stop of a session never heard of
  uint64_t session_conflicts = 0;     // claims of two lines on one address that cannot be told apart
  uint64_t session_refused = 0;       // malformed, or the session table is full (kSessionsMax)
  uint64_t history_cut = 0;           // ended sessions forgotten before kHistoryKept
  uint64_t contacts = 0;
  uint64_t contacts_unattributed = 0;  // nobody or ambiguous: no finding
  uint64_t contacts_repeated = 0;      // destination network still in the line's memory
  uint64_t watch_full = 0;             // contacts not judged: kWatchedMax lines are being watched
  uint64_t findings = 0;
  uint64_t requests_refused = 0;  // operator requests that fail validate()
  uint64_t receipts_stale = 0;    // for an order no longer in force
  uint64_t receipts_refused = 0;  // the actuator said refused or lost
  uint64_t contacts_full = 0;     // cases that had their last notice (model::kContactsPerCaseMax)
  uint64_t findings_full = 0;     // findings a case does not name (casework::kFindingsPerCaseMax)
  uint64_t past_cut = 0;          // lines whose last case was forgotten (casework::kHistoryMax)
  uint64_t services_full = 0;     // cases whose evidence is on more services than a restriction closes (kClosedMax)
  uint64_t undo_cut = 0;          // cases closed by hand that can be undone no more (casework::kClosedByHandMax)
  uint64_t account_uses = 0;      // what the relay told of accounts
  uint64_t accounts_waiting = 0;  // uses of accounts that were to be held or locked, and the governor did not let
  uint64_t accounts_full = 0;     // accounts not held: kChangedMax are
  uint64_t relay_limits = 0;      // lines and accounts that came near a limit of the relay, or reached it
  uint64_t complaints = 0;        // of listed reporters
  uint64_t listings = 0;          // addresses of lines on a blocklist
  uint64_t trap_hits = 0;         // mails to addresses that nobody has
  uint64_t words_unsure = 0;      // of these three: whose it was is not sure, so nobody is judged
  uint64_t leases_below = 0;      // leases of an address that RADIUS or the import gives to another line: not taken
  uint64_t leases_unnamed = 0;    // leases without a name that settings let count
  uint64_t clear_sign_ins = 0;    // of lines, at mail servers of others, without encryption
  uint64_t proxy_uses = 0;        // connections to mail ports that lines carried for others
  uint64_t c2_contacts = 0;       // lines that talked to a control server, a day each
  bool operator==(const Counters&) const = default;
  PN_FIELDS(observations, session_duplicates, session_late, session_unknown_stop, session_conflicts, session_refused,
            history_cut, contacts, contacts_unattributed, contacts_repeated, watch_full, findings, requests_refused,
            receipts_stale, receipts_refused, contacts_full, findings_full, past_cut, services_full, undo_cut,
            account_uses, accounts_waiting, accounts_full, relay_limits, complaints, listings, trap_hits, words_unsure,
            leases_below, leases_unnamed, clear_sign_ins, proxy_uses, c2_contacts)
};

}  // namespace postern::decide
