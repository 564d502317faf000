// SPDX-License-Identifier: Apache-2.0
// What is known of one line under watch, and of what bounds automation, for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/finding.h"
#include "model/policy.h"

namespace postern::decide {

// One detector on one line, now.
struct LevelView {
  std::string_view detector;
  model::Mode mode = model::Mode::on;
  int32_t level_mnat = 0;
};

struct WatchView {
  model::Stage stage = model::Stage::clear;         // by the detectors that are on
  model::Stage shadow_stage = model::Stage::clear;  // with those in shadow
  int32_t score_mnat = 0;
  uint32_t first_contacts = 0;
  std::vector<LevelView> levels;
  std::string explained;  // "7 mail networks never contacted before within 12 s (normal: under 1 per 10 min)"
};

// What "so many false cases a day" means for this network (frame/budget.h).
struct BudgetView {
  uint32_t false_cases_milli = 0;  // thousandths a day, as the operator said; 0 = the score alone decides
  uint64_t acts_a_day = 0;         // of healthy lines: first contacts and mail names asked for
  int32_t alone_mnat = 0;          // opens a case by one kind of evidence
  int32_t together_mnat = 0;       // by several
};

struct GovernorView {
  bool stopped = false;       // by a person
  bool holding = false;       // something is due and held
  bool over_limit = false;    // because it is over a number
  size_t waiting = 0;         // cases past their deadline with the behaviour still there, shadow ones too
  size_t held_back = 0;       // lines restricted now
  size_t disconnected = 0;    // of these
  size_t last_hour = 0;       // restrictions in the last hour
  size_t promise_missed = 0;  // open cases whose customer was not told in time
};

}  // namespace postern::decide
