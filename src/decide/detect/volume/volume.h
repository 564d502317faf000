// SPDX-License-Identifier: Apache-2.0
// V: far more connections to one mail network than mail needs, minute after minute (DETECTION.md section 1): +ln 4 for
// each minute over max(30, 4 x what the line usually has in such minutes), minus 3 nats per ten minutes, floor 0. Retry
// storms of broken clients live here, so it is a ticket and never a part of a case. What is usual moves by a factor of
// two a day at most, and not while the level stands at 4.6.
#pragma once

#include "decide/frame/contract.h"

namespace postern::decide::detect::volume {

inline constexpr int32_t kMinuteMnat = 1'386;  // ln 4
inline constexpr int64_t kDrainMnat = 3'000;
inline constexpr Duration kDrainEvery = minutes(10);
inline constexpr uint32_t kLeast = 30;  // connections in a minute
inline constexpr uint32_t kTimes = 4;

struct Detector {
  static constexpr std::string_view kName = "volume";
  static constexpr std::string_view kWitness = "volume";
  static constexpr bool kTicket = true;
  struct State {
    Level level;
    uint32_t usual = kLeast / kTimes;  // connections in a busy minute
    uint16_t day = 0;                  // it was learned on
    bool operator==(const State&) const = default;
    PN_FIELDS(level, usual, day)
  };
  static int32_t level(const Level& level, const Context& context);
  static int32_t see(State& state, const model::ObservationBody& body, const Context& context);
  static std::string note(const Entry& entry);
  static std::string explain(std::span<const Entry> mine, const Context& context);
};

}  // namespace postern::decide::detect::volume
