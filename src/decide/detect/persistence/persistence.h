// SPDX-License-Identifier: Apache-2.0
// Persistence: the customer was told, and new mail networks go on being contacted six hours later (DETECTION.md section
// 1: +6.9 nats). Once per notice; halves every 24 h.
#pragma once

#include "decide/frame/contract.h"

namespace postern::decide::detect::persistence {

inline constexpr int32_t kPersistsMnat = 6'900;
inline constexpr Duration kAfterNotice = hours(6);
inline constexpr Duration kHalfLife = hours(24);

struct Detector {
  static constexpr std::string_view kName = "persistence";
  static constexpr std::string_view kWitness = "persistence";
  static constexpr bool kRare = true;
  static constexpr bool kEachIsAFinding = true;  // what casework waits for before anything is restricted
  struct State {
    Level level;
    Instant counted;  // the notice it was last counted for
    bool operator==(const State&) const = default;
    PN_FIELDS(level, counted)
  };
  static int32_t level(const Level& level, const Context& context);
  static int32_t see(State& state, const model::ObservationBody& body, const Context& context);
  static std::string note(const Entry& entry);
  static std::string explain(std::span<const Entry> mine, const Context& context);
};

}  // namespace postern::decide::detect::persistence
