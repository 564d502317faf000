// SPDX-License-Identifier: Apache-2.0
// M: mail servers' names asked for that a line has not asked for lately. Clients of a mail service ask for one name;
// who delivers mail directly asks for the MX of each domain (DETECTION.md section 1; Whyte et al., 2004-2005). A rate
// test as novelty's: +ln 4 for an MX question, twice that when the domain does not exist, a quarter of it for A or AAAA
// of a name like smtp.example.net; minus 3 l0 nats per second, floor 0. Nothing for declared mail servers.
#pragma once

#include "decide/frame/contract.h"

namespace postern::decide::detect::mx {

inline constexpr int32_t kNameMnat = 1'386;   // ln 4
inline constexpr int32_t kAddressMnat = 346;  // a quarter
inline constexpr int64_t kDrainMnat = 3'000;  // per 1/l0

struct Detector {
  static constexpr std::string_view kName = "mx";
  static constexpr std::string_view kWitness = "novelty";  // the same act seen twice
  struct State {
    Level level;
    PN_FIELDS(level)
  };
  static int32_t level(const Level& level, const Context& context);
  static int32_t see(State& state, const model::ObservationBody& body, const Context& context);
  static std::string note(const Entry& entry);
  static std::string explain(std::span<const Entry> mine, const Context& context);
};

}  // namespace postern::decide::detect::mx
