// SPDX-License-Identifier: Apache-2.0
// A made-up access network with a truth: lines come and go on shared address pools over several NASes, and what the
// engine hears of it is lost, doubled, late and out of order. Own generator of chance, so that every build makes the
// same history.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "decide/engine.h"

namespace postern::replay {

// splitmix64 (Steele, Lea, Flood 2014).
struct Chance {
  uint64_t state = 0;
  uint64_t next();
  uint64_t below(uint64_t n) { return next() % n; }
  bool one_in(uint64_t n) { return below(n) == 0; }
};

struct Tick {};
using Input = std::variant<Tick, model::Policy, model::Observation, model::Receipt>;
struct Delivered {
  Time now;
  Input input;
};

// One true session of a line on one address, and what events could ever tell of it.
struct Truth {
  std::string line;
  std::string nas;
  std::string key;
  IpAddress v4;
  Prefix v6;
  Time from;
  Time until;
};

struct Trouble {
  uint64_t lost_starts_in = 0;  // one in so many; 0 = never
  uint64_t lost_stops_in = 0;
  uint64_t lost_interims_in = 0;
  uint64_t doubled_in = 0;
  uint64_t late_up_to_s = 0;
};

struct Churn {
  std::vector<Delivered> inputs;  // in order of delivery, ticks included
  std::vector<Truth> truth;
};

// `extras`: contacts, permits, receipts, operators, a second policy; without them only sessions.
[[nodiscard]] Churn make_churn(uint64_t seed, int lines, Duration length, const Trouble& trouble, bool extras);

decide::Step feed(decide::Engine& engine, const Delivered& delivered);

inline constexpr Time kChurnEpoch{1'767'225'600'000'000};  // 2026-01-01

}  // namespace postern::replay
