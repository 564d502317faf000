// SPDX-License-Identifier: Apache-2.0
// Scan: a machine that spreads, on any port but those of mail (DETECTION.md; Jung et al., IEEE S&P 2004). +ln 100 for
// each ten different hosts that did not answer on one port within a minute, halved every hour. The threshold random
// walk would give ten failures in a row three times as much; the rest is left to programs that look for their peers.
#pragma once

#include "decide/frame/contract.h"

namespace postern::decide::detect::scan {

inline constexpr int32_t kTenHostsMnat = 4'605;  // ln 100
inline constexpr Duration kHalfLife = hours(1);

struct Detector {
  static constexpr std::string_view kName = "scan";
  static constexpr std::string_view kWitness = "scan";
  static constexpr bool kRare = true;
  struct State {
    Level level;
    PN_FIELDS(level)
  };
  static int32_t level(const Level& level, const Context& context);
  static int32_t see(State& state, const model::ObservationBody& body, const Context& context);
  static std::string note(const Entry& entry);
  static std::string explain(std::span<const Entry> mine, const Context& context);
};

}  // namespace postern::decide::detect::scan
