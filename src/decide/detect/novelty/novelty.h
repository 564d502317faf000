// SPDX-License-Identifier: Apache-2.0
// N: mail networks the line never contacted before come faster than a healthy line of its class shows. A rate test
// l0 against 4 l0 (DETECTION.md): +ln 4 per first contact, minus l0 (4 - 1) nats per second, floor 0.
#pragma once

#include "decide/frame/contract.h"

namespace postern::decide::detect::novelty {

inline constexpr int32_t kContactMnat = 1'386;         // ln 4
inline constexpr int64_t kDrainMnat = 3'000;           // per 1/l0
inline constexpr Duration kServerEvery = seconds(60);  // 1/l0 of a declared mail server

struct Detector {
  static constexpr std::string_view kName = "novelty";
  static constexpr std::string_view kWitness = "novelty";
  struct State {
    Level level;
    PN_FIELDS(level)
  };
  static int32_t level(const Level& level, const Context& context);
  static int32_t see(State& state, const model::ObservationBody& body, const Context& context);
  static std::string note(const Entry& entry);
  static std::string explain(std::span<const Entry> mine, const Context& context);
};

}  // namespace postern::decide::detect::novelty
