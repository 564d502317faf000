// SPDX-License-Identifier: Apache-2.0
#include "wire/mail/feedback/mail_date.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <utility>

#include "wire/mail/feedback/header.h"

namespace postern::wire {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::pair<std::string_view, int>, 12> kZones = {{{"ut", 0},
                                                                      {"gmt", 0},
                                                                      {"utc", 0},
                                                                      {"z", 0},
                                                                      {"est", -5},
                                                                      {"edt", -4},
                                                                      {"cst", -6},
                                                                      {"cdt", -5},
                                                                      {"mst", -7},
                                                                      {"mdt", -6},
                                                                      {"pst", -8},
                                                                      {"pdt", -7}}};

// The next word; `text` becomes the rest.
std::string_view word(std::string_view& text) {
  text = trimmed(text);
  const std::string_view out = text.substr(0, text.find_first_of(" \t"));
  text.remove_prefix(out.size());
  return out;
}

// All of it digits, `least` to `most` of them.
std::optional<int> number(std::string_view s, size_t least, size_t most) {
  int out = 0;
  if (s.size() < least || s.size() > most) return std::nullopt;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), out);
  if (error != std::errc() || end != s.data() + s.size() || s.front() == '-') return std::nullopt;
  return out;
}

std::optional<Duration> zone_of(std::string_view s) {
  if (s.size() == 5 && (s.front() == '+' || s.front() == '-')) {
    const auto h = number(s.substr(1, 2), 2, 2);
    const auto m = number(s.substr(3, 2), 2, 2);
    if (!h || !m || *m > 59) return std::nullopt;
    return minutes(*h * 60 + *m) * (s.front() == '-' ? -1 : 1);
  }
  const std::string name = lower_case(s);
  const auto* const at = std::ranges::find(kZones, name, &std::pair<std::string_view, int>::first);
  return at == kZones.end() ? std::nullopt : std::optional(hours(at->second));
}

// "20:00:01" or "20:00"; 23:59:60 is the next second.
std::optional<Duration> clock_of(std::string_view s) {
  const auto h = number(s.substr(0, 2), 2, 2);
  if (!h || *h > 23 || s.size() < 5 || s[2] != ':') return std::nullopt;
  const auto m = number(s.substr(3, 2), 2, 2);
  if (!m || *m > 59 || (s.size() != 5 && (s.size() != 8 || s[5] != ':'))) return std::nullopt;
  const auto sec = s.size() == 5 ? std::optional(0) : number(s.substr(6, 2), 2, 2);
  if (!sec || *sec > 60) return std::nullopt;
  return seconds(*h * 3'600 + *m * 60 + *sec);
}

}  // namespace

std::optional<Time> read_mail_date(std::string_view text) {
  std::string_view day = word(text);
  if (day.ends_with(',')) day = word(text);
  const std::string month = lower_case(word(text));
  const auto d = number(day, 1, 2);
  const auto* const m = std::ranges::find(kMonths, month);
  const auto y = number(word(text), 4, 4);
  const auto clock = clock_of(word(text));
  const auto zone = zone_of(word(text));
  if (!d || m == kMonths.end() || !y || !clock || !zone || *y < 1970) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*y),
                                         std::chrono::month(static_cast<unsigned>(m - kMonths.begin()) + 1),
                                         std::chrono::day(static_cast<unsigned>(*d))};
  if (!date.ok()) return std::nullopt;
  return Time{} + days(std::chrono::sys_days(date).time_since_epoch().count()) + *clock - *zone;
}

}  // namespace postern::wire
