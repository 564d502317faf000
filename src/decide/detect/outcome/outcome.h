// SPDX-License-Identifier: Apache-2.0
// O: first contacts that do not answer (TRW: Jung et al., IEEE S&P 2004; DETECTION.md: t0 = .8, t1 = .2). Success
// -ln 4, failure +ln 4, floor 0. Blocked by us, one-way views and lost answers are unknown and say nothing, or the
// block would feed itself. No drain; forgotten when the line's memory of destinations is.
#pragma once

#include "decide/frame/contract.h"

namespace postern::decide::detect::outcome {

inline constexpr int32_t kStepMnat = 1'386;  // ln 4
// A big provider's submission service answers nearly everybody, guessing or not: 2 in 100 of the healthy fail there and
// 8 of a list of stolen accounts, so a failure tells as much as elsewhere and an answer next to nothing, ln(.98 / .92).
inline constexpr int32_t kProviderAnswersMnat = 63;

struct Detector {
  static constexpr std::string_view kName = "outcome";
  static constexpr std::string_view kWitness = "outcome";
  struct State {
    Level level;
    PN_FIELDS(level)
  };
  static int32_t level(const Level& level, const Context& context);
  static int32_t see(State& state, const model::ObservationBody& body, const Context& context);
  static std::string note(const Entry& entry);
  static std::string explain(std::span<const Entry> mine, const Context& context);
};

}  // namespace postern::decide::detect::outcome
