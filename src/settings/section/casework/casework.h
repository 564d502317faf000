// SPDX-License-Identifier: Apache-2.0
// [casework] and [governor]: when findings become a case, how it goes, and what bounds automation.
#pragma once

#include <string>
#include <vector>

#include "model/policy.h"
#include "settings/table/key.h"

namespace postern::settings {

struct Casework {
  Decimal case_score{9'200};         // nats
  Decimal false_cases_a_day{1'000};  // what somebody has the time to look at
  model::CaseRules rules;            // those of a class without its own

  static const KeyTable& table();
};

struct Governor {
  model::GovernorRules rules;
  std::vector<std::string> protected_lines;

  static const KeyTable& table();
};

}  // namespace postern::settings
