// SPDX-License-Identifier: Apache-2.0
// Observation: a dated fact from one source, already folded; never an opinion, never a packet.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/fields.h"
#include "base/ip.h"
#include "base/time.h"
#include "model/account_seen.h"
#include "model/campaign.h"
#include "model/case.h"
#include "model/ids.h"
#include "model/lease.h"
#include "model/line.h"
#include "model/outside_seen.h"
#include "model/permit.h"
#include "model/subscriber.h"

namespace postern::model {

PN_ENUM(SessionEventKind, start, interim, stop, nas_on, nas_off)

// RADIUS accounting (RFC 2866) after decoding. nas_on and nas_off carry only `nas`.
struct SessionEvent {
  SessionEventKind kind = SessionEventKind::start;
  std::string nas;          // NAS-Identifier, else NAS-IP(v6)-Address as text
  std::string session_key;  // Acct-Session-Id
  std::string line_key;     // User-Name: Subscriber::key
  std::string access;       // NAS-Port-Id
  std::string class_name;   // Class, when it is a class name
  std::vector<Prefix>
      prefixes;  // Framed-IP-Address, Framed-IPv6-Prefix, Delegated-IPv6-Prefix; an Interim adds to them
  PN_FIELDS(kind, nas, session_key, line_key, access, class_name, prefixes)
};

// success: SYN-ACK seen. failure: RST, or nothing within 10 s while the interface does see returns.
// unknown: blocked by us, one-way view, pending table overflow.
PN_ENUM(Outcome, success, failure, unknown)

// First governed SYN of a line to a destination network not in the line's memory.
struct FirstContact {
  SubscriberId line;  // as the gate's table said; 0 = unknown line
  IpAddress source;
  IpAddress destination;
  uint16_t port = 25;
  Verdict verdict = Verdict::explain;  // what the gate did
  Outcome outcome = Outcome::unknown;
  bool dark = false;      // destination is in Policy::dark
  bool provider = false;  // submission to a big mailbox provider (fold::is_submission_provider): no novelty
  PN_FIELDS(line, source, destination, port, verdict, outcome, dark, provider)
};

// Exact counter deltas of one line since the last sum; only lines with a change are reported.
struct LineSum {
  SubscriberId line;
  IpAddress source;        // one address of the line, for lines without a number
  uint64_t passed = 0;     // governed SYNs forwarded
  uint64_t blocked = 0;    // governed packets not forwarded, all reasons
  uint64_t explained = 0;  // of these: steered to the explainer
  uint64_t over_limit = 0;
  uint64_t inbound_dropped = 0;  // source port 25 toward the line
  uint64_t held_stopped = 0;     // packets its hold kept back, answered or not
  uint64_t held_passed = 0;      // packets of a held line that its hold let through
  PN_FIELDS(line, source, passed, blocked, explained, over_limit, inbound_dropped, held_stopped, held_passed)
};

// A line asked a resolver for a mail server's name that it had not asked for lately.
struct MailLookup {
  SubscriberId line;
  IpAddress source;
  bool mx = false;         // MX; else A or AAAA of a name that looks like a mail server's
  bool not_there = false;  // NXDOMAIN
  PN_FIELDS(line, source, mx, not_there)
};

// One minute of a line that connects to one mail network far more often than mail needs (fold/mail_volume.h).
struct MailVolume {
  SubscriberId line;
  IpAddress source;
  IpAddress destination;  // one of its servers
  uint16_t port = 25;
  uint32_t connections = 0;  // in that minute
  PN_FIELDS(line, source, destination, port, connections)
};

// Ten different hosts that did not answer the line on one TCP port within a minute (fold/port_scans.h).
struct PortScan {
  SubscriberId line;
  IpAddress source;
  IpAddress destination;  // the last of them
  uint16_t port = 0;
  PN_FIELDS(line, source, destination, port)
};

// "I have read this" on the reference page.
struct PageConfirmed {
  std::string reference;
  IpAddress from;
  bool from_own_session = false;
  PN_FIELDS(reference, from, from_own_session)
};

// What an operator ordered through the API; `operator_name` is the peer's user name on the socket.
struct ImportSubscribers {
  std::string operator_name;
  std::string file;
  std::vector<Subscriber> rows;  // id 0: matched by key, else new
  // A file longer than one request comes in parts: this one begins with row `first` (from 1) of `total`; 0 = all of it.
  uint64_t first = 0;
  uint64_t total = 0;
  PN_FIELDS(operator_name, file, rows, first, total)
};
struct GrantPermit {
  std::string operator_name;
  Permit permit;  // id 0
  PN_FIELDS(operator_name, permit)
};
struct RevokePermit {
  std::string operator_name;
  PermitId permit;
  std::string why;
  PN_FIELDS(operator_name, permit, why)
};
struct SetClass {
  std::string operator_name;
  SubscriberId subscriber;
  std::string class_name;
  PN_FIELDS(operator_name, subscriber, class_name)
};
struct EraseSubscriber {
  std::string operator_name;
  SubscriberId subscriber;
  PN_FIELDS(operator_name, subscriber)
};

// What a channel says of a notice it was given.
struct ContactSettled {
  ContactId contact;
  ContactState state = ContactState::sent;
  std::string detail;
  PN_FIELDS(contact, state, detail)
};
// What the customer said on the page, from the line's own session.
struct CustomerSays {
  SubscriberId line;
  CustomerStatus what = CustomerStatus::read;
  PN_FIELDS(line, what)
};
struct CaseCommand {
  std::string operator_name;
  CaseId case_;
  CaseVerb verb = CaseVerb::note;
  std::string text;
  Time until;
  CustomerStatus says = CustomerStatus::silent;
  PN_FIELDS(operator_name, case_, verb, text, until, says)
};
// The same order for several cases, each carried out on its own; one action in the audit.
struct CasesCommand {
  CaseCommand order;  // its case_ is 0
  std::vector<CaseId> cases;
  std::string which;  // how they were chosen, in words; empty = by number
  PN_FIELDS(order, cases, which)
};
// The one switch: no restriction by automation while it is stopped. What is in force stays.
struct GovernorSwitch {
  std::string operator_name;
  bool stop = true;
  std::string why;
  PN_FIELDS(operator_name, stop, why)
};

// A person answered the notice by mail. That they did is all that is kept.
struct NoticeAnswered {
  ContactId contact;
  PN_FIELDS(contact)
};

using ObservationBody =
    std::variant<std::monostate, SessionEvent, FirstContact, LineSum, PageConfirmed, ImportSubscribers, GrantPermit,
                 RevokePermit, SetClass, EraseSubscriber, ContactSettled, CustomerSays, CaseCommand, GovernorSwitch,
                 MailLookup, NoticeAnswered, CasesCommand, MailVolume, PortScan, AccountUse, RelayLimit, AccountCommand,
                 AccountSettled, Complaint, Listing, TrapHit, LeaseSeen, CampaignOrder, ClearSignIn, ProxyUse,
                 C2Contact>;

struct Observation {
  uint64_t sequence = 0;  // given at intake by the brain; the only order
  Time at;                // when it happened, by the source's clock corrected to ours
  ObservationBody body;
  PN_FIELDS(sequence, at, body)
};

}  // namespace postern::model
