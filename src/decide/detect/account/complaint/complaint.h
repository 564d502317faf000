// SPDX-License-Identifier: Apache-2.0
// H, what others say of an account: a complaint +2.3 nats for each reporter and day of the mail, mail to a trap address
// +4.6 for each trap; halves every 24 h. Newsletters are complained of, so it never asks for anything by itself: it
// makes sure of a worn list.
#pragma once

#include "decide/frame/contract.h"
#include "decide/frame/fingerprint.h"

namespace postern::decide::detect::account::complaint {

using detect::Context;
using detect::Entry;
using detect::Level;

inline constexpr int32_t kWordMnat = 2'300;
inline constexpr int32_t kTrapMnat = 4'600;
inline constexpr Duration kHalfLife = hours(24);

struct Detector {
  static constexpr std::string_view kName = "account_complaint";
  static constexpr std::string_view kWitness = "account_complaint";
  struct State {
    Level level;
    SeenLately<16> seen;
    bool operator==(const State&) const = default;
    PN_FIELDS(level, seen)
  };
  static int32_t level(const Level& level, const Context& context);
  static int32_t see(State& state, const model::ObservationBody& body, const Context& context);
  static std::string note(const Entry& entry);
  static std::string explain(std::span<const Entry> mine, const Context& context);
};

}  // namespace postern::decide::detect::account::complaint
