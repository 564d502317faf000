// SPDX-License-Identifier: Apache-2.0
// O: first contacts that do not answer (TRW: Jung et al., IEEE S&P 2004; DETECTION.md: t0 = .8, t1 = .2). Success
// -ln 4, failure +ln 4, floor 0. Blocked by us, one-way views and lost answers are unknown and say nothing, or the
// block would feed itself. No drain; forgotten when the line's memory of destinations is.
// What a line shares with a bot is judged by what it was without: when its own contacts, those that found the level at
// 0, say that one in ten or fewer fails (mean of a beta distribution that begins at t0 with the weight of five
// contacts), t0 is .9 until the level is 0 again; not for a failure within two minutes of the step before, which may be
// the same act. This opens a case; a line is restricted only by what is left of it at t0 = .8.
#pragma once

#include "decide/frame/contract.h"

namespace postern::decide::detect::outcome {

inline constexpr int32_t kStepMnat = 1'386;           // ln 4 = ln(.8 / .2)
inline constexpr int32_t kEarnedFailureMnat = 2'079;  // ln(.8 / .1)
inline constexpr int32_t kEarnedSuccessMnat = 1'504;  // ln(.9 / .2)
inline constexpr uint8_t kContactsRemembered = 200;   // of the line's own; then all count half
// A big provider's submission service answers nearly everybody, guessing or not: 2 in 100 of the healthy fail there and
// 8 of a list of stolen accounts, so a failure tells as much as elsewhere and an answer next to nothing, ln(.98 / .92).
inline constexpr int32_t kProviderAnswersMnat = 63;

struct Detector {
  static constexpr std::string_view kName = "outcome";
  static constexpr std::string_view kWitness = "outcome";
  struct State {
    Level level;
    uint8_t answered = 0;  // of the contacts that found the level at 0
    uint8_t failed = 0;
    bool reliable = false;  // what they said when the level last left 0
    PN_FIELDS(level, answered, failed, reliable)
    void learn(bool failure);
  };
  static int32_t level(const Level& level, const Context& context);
  static int32_t see(State& state, const model::ObservationBody& body, const Context& context);
  static int32_t restricting(const Entry& entry);
  static std::string note(const Entry& entry);
  static std::string explain(std::span<const Entry> mine, const Context& context);
};

}  // namespace postern::decide::detect::outcome
