// SPDX-License-Identifier: Apache-2.0
// Calendar: how a language writes dates, and the little that every text for people needs beside it: slots, numbers, and
// which language somebody reads. All times are UTC and say so.
#pragma once

#include <array>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/time.h"

namespace postern::page {

struct Calendar {
  std::string_view language;  // BCP 47
  std::array<std::string_view, 12> months;
  std::array<std::string_view, 12> months_short;
  std::string_view day_form;     // {day} {month} {year}
  std::string_view moment_form;  // {date} {time}
  std::string_view short_form;   // {day} {month} {time}
};
[[nodiscard]] const Calendar& calendar_en();
[[nodiscard]] const Calendar& calendar_de();

[[nodiscard]] std::string day_words(const Calendar& c, Time t);     // "22 November 2026"
[[nodiscard]] std::string moment_words(const Calendar& c, Time t);  // "22 November 2026, 18:05 UTC"
[[nodiscard]] std::string short_words(const Calendar& c, Time t);   // "22 Nov, 18:05"; the heading says UTC
[[nodiscard]] std::string number_words(uint64_t n);                 // "12 345", thin spaces

// A sentence with its {slots} filled in, as plain text.
[[nodiscard]] std::string filled(std::string_view sentence,
                                 std::initializer_list<std::pair<std::string_view, std::string>> slots);

// Which of `languages` fits an Accept-Language header best (RFC 9110 section 12.5.4); the first if none does.
[[nodiscard]] size_t best_language(std::string_view accept_language, std::span<const std::string_view> languages);

}  // namespace postern::page
