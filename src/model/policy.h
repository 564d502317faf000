// SPDX-License-Identifier: Apache-2.0
// Policy: what the operator decided per class. Comes from settings, is journaled as a revision when it changes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/fields.h"
#include "base/ip.h"
#include "base/time.h"
#include "model/line.h"

namespace postern::model {

// Every detector and automatic action has one. shadow = computed, journaled, shown, without effect on any line.
PN_ENUM(Mode, off, shadow, on)

struct ClassPolicy {
  Verdict verdict = Verdict::explain;
  Limits limits;
  // DETECTION.md: memory of destinations, and l0, the rate of new mail networks a healthy line of the class shows.
  Duration destination_memory = hours(24);
  Duration new_network_every = seconds(600);  // 1/l0
  bool operator==(const ClassPolicy&) const = default;
  PN_FIELDS(verdict, limits, destination_memory, new_network_every)
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
  bool operator==(const Policy&) const = default;
  PN_FIELDS(classes, default_class, subscriber_prefixes, relay, dark, interim_interval, detectors, case_score_mnat)
};

}  // namespace postern::model
