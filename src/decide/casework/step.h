// SPDX-License-Identifier: Apache-2.0
// One step of a case: what its transitions share. Within this room only.
#pragma once

#include <string>
#include <utility>

#include "decide/casework/ladder.h"
#include "decide/casework/workflow.h"

namespace postern::decide::casework {

[[nodiscard]] inline model::CaseChanged becomes(model::Case c, Time now, std::string why) {
  c.changed = now;
  return {std::move(c), std::move(why)};
}
[[nodiscard]] inline model::CaseChanged becomes(model::Case c, model::CaseState state, Time now, std::string why) {
  c.state = state;
  return becomes(std::move(c), now, std::move(why));
}

[[nodiscard]] inline bool before_restriction(model::CaseState s) {
  using enum model::CaseState;
  return s == opened || s == contacted || s == confirmed || s == deadline;
}

// Of a case that may end in a restriction: set once, when its round's text was taken.
[[nodiscard]] inline Time deadline_of(const model::Case& c, const Scene& scene) {
  const Time told = told_at(c);
  if (c.deadline_at || c.grade == model::CaseGrade::question || !told) return c.deadline_at;
  const bool soon = c.grade == model::CaseGrade::block || c.relapses != 0;
  return told + (soon ? scene.rules->block_deadline : scene.rules->deadline);
}

}  // namespace postern::decide::casework
