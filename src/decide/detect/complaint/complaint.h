// SPDX-License-Identifier: Apache-2.0
// H, what others say of a line: a complaint +2.3 nats for each reporter and day of the mail, a listing on a blocklist
// +2.3 for each list and day (DETECTION.md section 1); halves every 24 h. That the line carried a connection of
// somebody outside to a mail port adds 2.3 once, however often and for whomever; that it talked to a control server of
// botnets adds 2 a day. These two are hints: they come to less than 7 together, and a case is 9.2.
// One kind with `dark`: both are the words of witnesses outside, and a block asks for something else too.
#pragma once

#include "decide/frame/contract.h"
#include "decide/frame/fingerprint.h"

namespace postern::decide::detect::complaint {

inline constexpr int32_t kWordMnat = 2'300;
// Day after day it comes to twice that: less than 4.6, which is what a restriction asks of a second kind of evidence.
inline constexpr int32_t kC2Mnat = 2'000;
inline constexpr Duration kHalfLife = hours(24);

struct Detector {
  static constexpr std::string_view kName = "complaint";
  static constexpr std::string_view kWitness = "complaint";
  static constexpr std::string_view kKind = "dark";
  static constexpr bool kRare = true;
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

}  // namespace postern::decide::detect::complaint
