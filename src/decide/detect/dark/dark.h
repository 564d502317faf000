// SPDX-License-Identifier: Apache-2.0
// H: the line touched addresses that nobody uses and nobody was ever told of: hosts (Policy::dark), or mailboxes
// (feedback.traps). +4.6 nats per distinct address; halves every 24 h. 4.6 is ln 100 as scan.h has it, not
// cut to a tenth: two such steps are then the 9.2 of a case while the first has lost less than the rounding, which is
// six minutes.
#pragma once

#include <array>

#include "decide/frame/contract.h"

namespace postern::decide::detect::dark {

inline constexpr int32_t kAddressMnat = 4'605;  // ln 100
inline constexpr Duration kHalfLife = hours(24);
inline constexpr size_t kAddressesKept = 16;  // fingerprints of the latest, to tell a new address from a retry

struct Detector {
  static constexpr std::string_view kName = "dark";
  static constexpr std::string_view kWitness = "dark";
  static constexpr bool kRare = true;
  struct State {
    Level level;
    std::array<uint32_t, kAddressesKept> seen{};  // 0 = free
    uint8_t next = 0;
    bool operator==(const State&) const = default;
    PN_FIELDS(level, seen, next)
  };
  static int32_t level(const Level& level, const Context& context);
  static int32_t see(State& state, const model::ObservationBody& body, const Context& context);
  static std::string note(const Entry& entry);
  static std::string explain(std::span<const Entry> mine, const Context& context);
};

}  // namespace postern::decide::detect::dark
