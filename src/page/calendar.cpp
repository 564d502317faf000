// SPDX-License-Identifier: Apache-2.0
#include "page/calendar.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>

namespace postern::page {
namespace {

std::chrono::year_month_day date_of(Time t) { return std::chrono::sys_days{std::chrono::days{t.unix_day()}}; }

std::string clock_of(Time t) {
  const int64_t minute = t.unix_seconds() / 60 % (24 * 60);
  return fmt::format("{:02}:{:02}", minute / 60, minute % 60);
}

bool speaks(std::string_view range, std::string_view language) {
  while (!range.empty() && range.front() == ' ') range.remove_prefix(1);
  range = range.substr(0, range.find_first_of(";- "));
  return range == language;
}

}  // namespace

const Calendar& calendar_en() {
  static constexpr Calendar kCalendar{
      .language = "en",
      .months = {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                 "November", "December"},
      .months_short = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
      .day_form = "{day} {month} {year}",
      .moment_form = "{date}, {time} UTC",
      .short_form = "{day} {month}, {time}"};
  return kCalendar;
}

const Calendar& calendar_de() {
  static constexpr Calendar kCalendar{
      .language = "de",
      .months = {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
                 "November", "Dezember"},
      .months_short = {"Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sep.", "Okt.", "Nov.", "Dez."},
      .day_form = "{day}. {month} {year}",
      .moment_form = "{date}, {time} Uhr UTC",
      .short_form = "{day}. {month}, {time}"};
  return kCalendar;
}

std::string filled(std::string_view sentence, std::initializer_list<std::pair<std::string_view, std::string>> slots) {
  std::string out(sentence);
  for (const auto& [name, value] : slots) {
    const std::string slot = fmt::format("{{{}}}", name);
    if (const size_t at = out.find(slot); at != std::string::npos) out.replace(at, slot.size(), value);
  }
  return out;
}

std::string day_words(const Calendar& c, Time t) {
  const auto d = date_of(t);
  return filled(c.day_form, {{"day", std::to_string(static_cast<unsigned>(d.day()))},
                             {"month", std::string(c.months[static_cast<unsigned>(d.month()) - 1])},
                             {"year", std::to_string(static_cast<int>(d.year()))}});
}

std::string moment_words(const Calendar& c, Time t) {
  return filled(c.moment_form, {{"date", day_words(c, t)}, {"time", clock_of(t)}});
}

std::string short_words(const Calendar& c, Time t) {
  const auto d = date_of(t);
  return filled(c.short_form, {{"day", std::to_string(static_cast<unsigned>(d.day()))},
                               {"month", std::string(c.months_short[static_cast<unsigned>(d.month()) - 1])},
                               {"time", clock_of(t)}});
}

std::string number_words(uint64_t n) {
  const std::string digits = std::to_string(n);
  std::string out;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += "\u2009";
    out += digits[i];
  }
  return out;
}

size_t best_language(std::string_view accept_language, std::span<const std::string_view> languages) {
  // In the order written: browsers list what they like best first.
  for (size_t at = 0; at < accept_language.size();) {
    const size_t comma = std::min(accept_language.find(',', at), accept_language.size());
    for (size_t i = 0; i < languages.size(); ++i)
      if (speaks(accept_language.substr(at, comma - at), languages[i])) return i;
    at = comma + 1;
  }
  return 0;
}

}  // namespace postern::page
