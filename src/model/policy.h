// SPDX-License-Identifier: Apache-2.0
// Policy: what the operator decided per class. Comes from settings, is journaled as a revision when it changes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/fields.h"
#include "base/ip.h"
#include "base/time.h"
#include "model/case.h"
#include "model/line.h"

namespace postern::model {

// Every detector and automatic action has one. shadow = computed, journaled, shown, without effect on any line.
PN_ENUM(Mode, off, shadow, on)

// How cases of a class go (DESIGN: casework). All lengths from the event before them.
struct CaseRules {
  Duration contact_promise = hours(4);  // a channel takes a notice within this, or somebody is paged
  Duration escalate_every = hours(12);  // unconfirmed: the next channel
  Duration deadline = days(3);          // from the first contact
  Duration block_deadline = days(1);    // the same where the evidence is of block grade, or on a relapse
  Duration stopped_after = hours(24);   // not seen for this long = the behaviour stopped
  Duration release_after = hours(1);    // and for this long, where the customer says that it is fixed
  Duration clean_after = days(7);       // gone this long after a contact or a release = verified clean
  Duration question_after = days(14);   // a question nobody answered becomes a note, once the behaviour stopped
  Duration relapse_within = days(30);   // a new case this soon after the last is a relapse
  uint32_t self_releases = 2;           // then help by a person
  Mode restrict_mode = Mode::shadow;
  Hold restriction = Hold::services;  // what `restricted` takes from a line: services or garden
  Mode plug_mode = Mode::shadow;      // disconnecting lines
  Duration plug_after = days(3);      // restricted this long, and it still goes on
  bool plug_needs_person = true;      // an operator agrees to each (postern case approve)
  bool operator==(const CaseRules&) const = default;
  PN_FIELDS(contact_promise, escalate_every, deadline, block_deadline, stopped_after, release_after, clean_after,
            question_after, relapse_within, self_releases, restrict_mode, restriction, plug_mode, plug_after,
            plug_needs_person)
};

// Bounds automation. Counted over what the engine orders by itself; what a person orders by name is not held.
struct GovernorRules {
  uint32_t restrictions_per_hour = 10;
  uint32_t restrictions_per_hour_per_nas = 5;
  uint32_t restricted_max = 200;             // lines held back at one time
  uint32_t two_persons_above = 50;           // lines held back: beyond, each needs two operators
  std::vector<std::string> protected_lines;  // subscriber keys: never by automation (hospital, alarm, emergency)
  uint32_t disconnected_max = 50;            // lines whose plug is pulled at one time
  uint32_t advices_per_hour = 100;           // letters of campaigns
  bool operator==(const GovernorRules&) const = default;
  PN_FIELDS(restrictions_per_hour, restrictions_per_hour_per_nas, restricted_max, two_persons_above, protected_lines,
            disconnected_max, advices_per_hour)
};

struct ClassPolicy {
  Verdict verdict = Verdict::explain;
  Limits limits;
  // DETECTION.md: memory of destinations, and l0, the rate of new mail networks a healthy line of the class shows.
  Duration destination_memory = hours(24);
  Duration new_network_every = seconds(600);  // 1/l0
  CaseRules cases;
  bool case_at_relay_limit = false;  // who reaches a limit of the relay is asked about it (CaseKind::relay_limit)
  bool operator==(const ClassPolicy&) const = default;
  PN_FIELDS(verdict, limits, destination_memory, new_network_every, cases, case_at_relay_limit)
};

// What is done about stolen mail accounts (DETECTION.md, family A).
struct AccountRules {
  Mode hold_mode = Mode::shadow;  // the relay takes nothing more for the account
  Mode lock_mode = Mode::shadow;  // the hook is told to lock it: a new password is needed
  uint32_t per_hour = 20;         // holds and locks by the engine itself; beyond, they wait
  bool operator==(const AccountRules&) const = default;
  PN_FIELDS(hold_mode, lock_mode, per_hour)
};

struct Policy {
  std::map<std::string, ClassPolicy> classes;  // always holds "unknown"
  std::string default_class = "residential";   // for subscribers and sessions that name none
  std::vector<Prefix> subscriber_prefixes;     // the network's own space: the gate governs sources within it
  std::vector<Prefix> relay;                   // the provider's relay: port 25 to it is always open
  std::vector<Prefix> dark;                    // addresses nobody uses (decoys): a touch from inside is evidence
  Duration interim_interval = minutes(10);     // a session without news for 3 of these ages to class unknown
  std::map<std::string, Mode> detectors;       // by detector name; absent = on
  int32_t case_score_mnat = 9'200;             // opens a case (DETECTION.md: S >= 9.2 nats)
  GovernorRules governor;
  std::vector<Channel> channels;       // that send by themselves; the call list is always there
  uint32_t false_cases_milli = 1'000;  // thousandths of false cases a day that somebody looks at; 0 = the score decides
  Duration clock_skew;                 // how far the clock of any source may be off
  std::vector<IpAddress> probes;       // our own synthetic line: what it does is no evidence
  AccountRules accounts;
  bool operator==(const Policy&) const = default;
  PN_FIELDS(classes, default_class, subscriber_prefixes, relay, dark, interim_interval, detectors, case_score_mnat,
            governor, channels, false_cases_milli, clock_skew, probes, accounts)
};

}  // namespace postern::model
