// SPDX-License-Identifier: Apache-2.0
// What is known of one line under watch, for people.
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

}  // namespace postern::decide
