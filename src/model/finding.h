// SPDX-License-Identifier: Apache-2.0
// Finding: one detector's opinion with everything needed to replay it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/fields.h"
#include "base/ip.h"
#include "base/time.h"
#include "model/ids.h"
#include "model/observation.h"
#include "model/policy.h"

namespace postern::model {

// DETECTION.md section 1; stages are opinions, only casework restricts.
PN_ENUM(Stage, clear, watch, throttle, case_, block)

// One step of a detector's sum, as it was added (milli-nats; integer, so the sum replays exactly).
struct Increment {
  Time at;
  std::string family;      // detector name
  int32_t mnat = 0;        // what was added, before the floor and the drain
  int32_t level_mnat = 0;  // the family's level after it
  IpAddress destination;
  uint16_t port = 0;
  Outcome outcome = Outcome::unknown;
  std::string note;  // "first contact with 198.51.100.0/24"
  bool operator==(const Increment&) const = default;
  PN_FIELDS(at, family, mnat, level_mnat, destination, port, outcome, note)
};

inline constexpr size_t kEvidenceMax = 64;  // increments kept per line: the evidence ring

struct Finding {
  FindingId id;
  SubscriberId line;
  Stage stage = Stage::clear;                  // the stage entered
  int32_t score_mnat = 0;                      // S = sum of min(L_k, 11.5 nats)
  std::map<std::string, int32_t> levels_mnat;  // L_k by family
  std::vector<Increment> evidence;             // oldest first
  uint32_t first_contacts = 0;                 // since the families were last at 0
  Time at;
  Time valid_until;
  Mode mode = Mode::on;  // shadow: reached only with detectors in shadow mode; opens no case
  Duration own_every;    // 1/l0 of a declared server as it was; 0 = the class's
  bool operator==(const Finding&) const = default;
  PN_FIELDS(id, line, stage, score_mnat, levels_mnat, evidence, first_contacts, at, valid_until, mode, own_every)
};

}  // namespace postern::model
