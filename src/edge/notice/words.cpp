// SPDX-License-Identifier: Apache-2.0
#include "edge/notice/words.h"

#include <chrono>
#include <fmt/format.h>

namespace postern::edge::notice {
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

const Words& words_for(std::string_view accept_language) {
  static const std::array kAll{&words_en()};
  // In the order written: browsers list what they like best first.
  for (size_t at = 0; at < accept_language.size();) {
    const size_t comma = std::min(accept_language.find(',', at), accept_language.size());
    for (const Words* w : kAll)
      if (speaks(accept_language.substr(at, comma - at), w->language)) return *w;
    at = comma + 1;
  }
  return *kAll.front();
}

std::string filled(std::string_view sentence, std::initializer_list<std::pair<std::string_view, std::string>> slots) {
  std::string out(sentence);
  for (const auto& [name, value] : slots) {
    const std::string slot = fmt::format("{{{}}}", name);
    if (const size_t at = out.find(slot); at != std::string::npos) out.replace(at, slot.size(), value);
  }
  return out;
}

std::string day_words(const Words& w, Time t) {
  const auto d = date_of(t);
  return filled(w.day_form, {{"day", std::to_string(static_cast<unsigned>(d.day()))},
                             {"month", std::string(w.months[static_cast<unsigned>(d.month()) - 1])},
                             {"year", std::to_string(static_cast<int>(d.year()))}});
}

std::string moment_words(const Words& w, Time t) {
  return filled(w.moment_form, {{"date", day_words(w, t)}, {"time", clock_of(t)}});
}

std::string short_words(const Words& w, Time t) {
  const auto d = date_of(t);
  return filled(w.short_form, {{"day", std::to_string(static_cast<unsigned>(d.day()))},
                               {"month", std::string(w.months_short[static_cast<unsigned>(d.month()) - 1])},
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

}  // namespace postern::edge::notice
