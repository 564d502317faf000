// SPDX-License-Identifier: Apache-2.0
// A, what becomes of an account's mail: a sequential test of the final word of receivers (DETECTION.md: t0 = .05,
// t1 = .40). Each recipient that does not exist or is refused by policy +ln 8, each that is delivered -0.46, floor 0.
// First words only, as with contacts of lines: of recipients that the account never wrote to before that day.
// No drain; a day without a word forgets it.
#pragma once

#include "decide/frame/contract.h"

namespace postern::decide::detect::account::delivery {

using detect::Context;
using detect::Entry;
using detect::Level;

inline constexpr int32_t kFailedMnat = 2'080;
inline constexpr int32_t kDeliveredMnat = 460;
inline constexpr Duration kMemory = hours(24);

struct Detector {
  static constexpr std::string_view kName = "account_delivery";
  static constexpr std::string_view kWitness = "account_delivery";
  struct State {
    Level level;
    PN_FIELDS(level)
  };
  static int32_t level(const Level& level, const Context& context);
  static int32_t see(State& state, const model::ObservationBody& body, const Context& context);
  static std::string note(const Entry& entry);
  static std::string explain(std::span<const Entry> mine, const Context& context);
};

}  // namespace postern::decide::detect::account::delivery
