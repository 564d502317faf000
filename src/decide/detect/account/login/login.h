// SPDX-License-Identifier: Apache-2.0
// A, from where an account is used (DETECTION.md): the third country within an hour +4.6 and each further +2.3; the
// same for lines of other subscribers; a network (AS) beyond the fourth within an hour +2.3; farther than anybody flies
// (1,000 km/h) since the last use +2.3; a network it was not used from before +2.3, and after five or more wrong
// passwords within a day +2.3 again; the line of another subscriber that it was never used from +2.3; a place where a
// password was used that only a thief can have +4.6. Halves every 24 h. Wrong passwords alone add nothing. One witness,
// however much it says: travel alone never locks.
#pragma once

#include <array>

#include "decide/frame/contract.h"

namespace postern::decide::detect::account::login {

using detect::Context;
using detect::Entry;
using detect::Level;

inline constexpr int32_t kManyMnat = 4'600;
inline constexpr int32_t kStepMnat = 2'300;
inline constexpr int32_t kHoneyMnat = 4'600;
inline constexpr Duration kHalfLife = hours(24);
inline constexpr Duration kWindow = hours(1);
inline constexpr size_t kCountriesFree = 2;  // within the hour
inline constexpr size_t kLinesFree = 2;
inline constexpr size_t kNetworksFree = 4;
inline constexpr uint32_t kGuesses = 5;
inline constexpr int64_t kKmPerHour = 1'000;
inline constexpr int64_t kKmLeast = 500;  // addresses are not known to be nearer than that

// What was there lately, each once; the oldest gives way.
template <size_t N>
struct Lately {
  std::array<uint32_t, N> what{};  // 0 = free
  std::array<Time, N> at{};
  bool operator==(const Lately&) const = default;
  PN_FIELDS(what, at)

  [[nodiscard]] bool knows(uint32_t one) const;
  [[nodiscard]] size_t since(Time then) const;
  void see(uint32_t one, Time now);
};

struct Detector {
  static constexpr std::string_view kName = "account_login";
  static constexpr std::string_view kWitness = "account_login";
  struct State {
    Level level;
    Lately<8> countries;
    Lately<8> networks;
    Lately<8> lines;
    std::array<int16_t, 3> km{};  // where it was used last
    Time there_at;
    uint32_t failures = 0;
    Time failures_at;
    bool operator==(const State&) const = default;
    PN_FIELDS(level, countries, networks, lines, km, there_at, failures, failures_at)
  };
  static int32_t level(const Level& level, const Context& context);
  static int32_t see(State& state, const model::ObservationBody& body, const Context& context);
  static std::string note(const Entry& entry);
  static std::string explain(std::span<const Entry> mine, const Context& context);
};

}  // namespace postern::decide::detect::account::login
