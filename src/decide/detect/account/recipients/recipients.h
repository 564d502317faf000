// SPDX-License-Identifier: Apache-2.0
// A, whom an account writes to: recipients it did not write to within the last half month or month come faster than
// its owner's do. A rate test l0 against 4 l0 (DETECTION.md): +ln 4 for each, minus 3 l0 per second, floor 0, with
// l0 = max(30 an hour, 3 x what the account shows itself). The latter is learned by the day, at most doubles from one
// to the next, and not while the level is at 4.6 or more.
#pragma once

#include "decide/frame/contract.h"

namespace postern::decide::detect::account::recipients {

using detect::Context;
using detect::Entry;
using detect::Level;

inline constexpr int32_t kRecipientMnat = 1'386;  // ln 4
inline constexpr int64_t kPerHour = 30;           // l0
inline constexpr int64_t kDrainMnatPerHour = 3'000 * kPerHour;
inline constexpr int32_t kFrozenMnat = 4'600;

struct Detector {
  static constexpr std::string_view kName = "account_recipients";
  static constexpr std::string_view kWitness = "account_recipients";
  struct State {
    Level level;
    Time last;
    uint32_t day = 0;       // days since 1970 that `today` counts
    uint32_t today = 0;     // new recipients
    uint32_t own_mill = 0;  // of them a day, mean, in thousandths
    bool operator==(const State&) const = default;
    PN_FIELDS(level, last, day, today, own_mill)
  };
  static int32_t level(const Level& level, const Context& context);
  static int32_t see(State& state, const model::ObservationBody& body, const Context& context);
  static std::string note(const Entry& entry);
  static std::string explain(std::span<const Entry> mine, const Context& context);
};

}  // namespace postern::decide::detect::account::recipients
