// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <array>
#include <charconv>
#include <chrono>
#include <fmt/format.h>
#include <limits>

namespace postern {
namespace {

struct Unit {
  std::string_view name;
  int64_t us;
};
// Longest unit first, so that to_string finds the shortest exact form.
constexpr std::array<Unit, 6> kUnits{{{"d", days(1).us},
                                      {"h", hours(1).us},
                                      {"m", minutes(1).us},
                                      {"s", seconds(1).us},
                                      {"ms", milliseconds(1).us},
                                      {"us", 1}}};

// Reads exactly `digits` decimal digits off the front of `text`; -1 when they are not there.
int take_number(std::string_view& text, size_t digits) {
  if (text.size() < digits) return -1;
  int value = 0;
  for (size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take_char(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

std::unexpected<Error> bad_time(std::string_view text) {
  return fail(Errc::bad_input, fmt::format("\"{}\" is not a time", text), {},
              "write 2026-11-22T18:21:12Z, or 2026-11-22 for the start of a day in UTC");
}

// ".25" -> 250000; missing fraction is 0.
Result<int64_t> take_fraction_us(std::string_view& text, std::string_view whole) {
  if (!take_char(text, '.')) return 0;
  int64_t us = 0;
  int64_t scale = 100'000;
  size_t digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), ++digits) {
    us += (text.front() - '0') * scale;
    scale /= 10;
  }
  if (digits == 0) return bad_time(whole);
  return us;
}

// "Z" or "+02:00" -> seconds east of UTC.
Result<int64_t> take_offset_s(std::string_view& text, std::string_view whole) {
  if (take_char(text, 'Z') || take_char(text, 'z')) return 0;
  const bool west = !text.empty() && text.front() == '-';
  if (!take_char(text, west ? '-' : '+')) return bad_time(whole);
  const int hour = take_number(text, 2);
  if (hour < 0 || hour > 23 || !take_char(text, ':')) return bad_time(whole);
  const int minute = take_number(text, 2);
  if (minute < 0 || minute > 59) return bad_time(whole);
  const int64_t offset = hour * 3600 + minute * 60;
  return west ? -offset : offset;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  if (error == std::errc{} && number >= 0) {
    for (const Unit& u : kUnits) {
      if (unit == u.name && number <= std::numeric_limits<int64_t>::max() / u.us) return Duration{number * u.us};
    }
  }
  return fail(Errc::bad_input, fmt::format("\"{}\" is not a duration", text), {},
              "write a whole number and one unit: 500ms, 90s, 15m, 72h or 30d");
}

std::string to_string(Duration d) {
  if (d.us == 0) return "0s";
  for (const Unit& u : kUnits) {
    if (d.us % u.us == 0) return fmt::format("{}{}", d.us / u.us, u.name);
  }
  return fmt::format("{}us", d.us);
}

std::string to_string(Time t) {
  if (!t) return "-";
  using namespace std::chrono;
  const sys_time<std::chrono::microseconds> point{std::chrono::microseconds{t.us}};
  const auto day = floor<std::chrono::days>(point);
  const year_month_day date{day};
  const int64_t us_of_day = (point - day).count();
  const int64_t s = us_of_day / 1'000'000;
  std::string out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), s / 3600,
                                s / 60 % 60, s % 60);
  if (us_of_day % 1'000'000 != 0) out += fmt::format(".{:06}", us_of_day % 1'000'000);
  return out + "Z";
}

Result<Time> parse_time(std::string_view text) {
  const std::string_view whole = text;
  const int year = take_number(text, 4);
  if (year < 1970 || !take_char(text, '-')) return bad_time(whole);
  const int month = take_number(text, 2);
  if (month < 0 || !take_char(text, '-')) return bad_time(whole);
  const int day = take_number(text, 2);
  if (day < 0) return bad_time(whole);
  using namespace std::chrono;
  const year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                            std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return bad_time(whole);
  const int64_t midnight_s = sys_days{date}.time_since_epoch().count() * int64_t{86'400};
  if (text.empty()) return Time{midnight_s * 1'000'000};
  if (!take_char(text, 'T') && !take_char(text, 't') && !take_char(text, ' ')) return bad_time(whole);
  const int hour = take_number(text, 2);
  if (hour < 0 || hour > 23 || !take_char(text, ':')) return bad_time(whole);
  const int minute = take_number(text, 2);
  if (minute < 0 || minute > 59 || !take_char(text, ':')) return bad_time(whole);
  const int second = take_number(text, 2);
  if (second < 0 || second > 60) return bad_time(whole);
  const int64_t fraction_us = PN_TRY(take_fraction_us(text, whole));
  const int64_t offset_s = PN_TRY(take_offset_s(text, whole));
  if (!text.empty()) return bad_time(whole);
  return Time{(midnight_s + hour * 3600 + minute * 60 + second - offset_s) * 1'000'000 + fraction_us};
}

}  // namespace postern
