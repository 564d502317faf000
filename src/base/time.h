// SPDX-License-Identifier: Apache-2.0
// Time as Postern stores it: int64 microseconds. Time is a point (UTC, since 1970), Duration a length. Pure: reading a
// clock is sys/clock.h's.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace postern {

struct Duration {
  int64_t us = 0;
  constexpr auto operator<=>(const Duration&) const = default;
  constexpr Duration operator+(Duration o) const { return {us + o.us}; }
  constexpr Duration operator-(Duration o) const { return {us - o.us}; }
  constexpr Duration operator*(int64_t n) const { return {us * n}; }
  [[nodiscard]] constexpr int64_t seconds() const { return us / 1'000'000; }
};
constexpr Duration microseconds(int64_t n) { return {n}; }
constexpr Duration milliseconds(int64_t n) { return {n * 1'000}; }
constexpr Duration seconds(int64_t n) { return {n * 1'000'000}; }
constexpr Duration minutes(int64_t n) { return seconds(n * 60); }
constexpr Duration hours(int64_t n) { return seconds(n * 3600); }
constexpr Duration days(int64_t n) { return hours(n * 24); }

struct Time {
  int64_t us = 0;  // 0 = not set
  constexpr auto operator<=>(const Time&) const = default;
  [[nodiscard]] constexpr explicit operator bool() const { return us != 0; }
  constexpr Time operator+(Duration d) const { return {us + d.us}; }
  constexpr Time operator-(Duration d) const { return {us - d.us}; }
  constexpr Duration operator-(Time o) const { return {us - o.us}; }
  [[nodiscard]] constexpr int64_t unix_seconds() const { return us / 1'000'000; }
  [[nodiscard]] constexpr int64_t unix_day() const { return us / days(1).us; }
};

// "90s", "15m", "72h", "30d", "500ms"; one unit, no sign. The error says which units there are.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);
// Shortest exact form of the above: "72h", "90s". Zero is "0s".
[[nodiscard]] std::string to_string(Duration d);
// RFC 3339 in UTC, seconds, or microseconds when there are any: "2026-11-22T18:21:12Z". Unset is "-".
[[nodiscard]] std::string to_string(Time t);
// RFC 3339 ("2026-11-22T18:21:12Z", fraction and offset allowed) or a date ("2026-11-22" = its 00:00 UTC).
[[nodiscard]] Result<Time> parse_time(std::string_view text);

}  // namespace postern
