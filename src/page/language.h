// SPDX-License-Identifier: Apache-2.0
// Which language a page is in: what was chosen with the switch at its foot (?lang=de), else the browser's
// Accept-Language. No cookie: what was chosen goes on in the links and forms of the page.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "page/calendar.h"
#include "words/words.h"

namespace postern::page {

inline constexpr std::string_view kLanguageField = "lang";

// What the query chooses, if it is a language there is; else nothing.
[[nodiscard]] std::string_view chosen_language(std::string_view query);
// "?lang=de", or nothing where nothing was chosen.
[[nodiscard]] std::string language_query(std::string_view chosen);
[[nodiscard]] const Calendar& calendar_of(std::string_view language);

// The words of a page in every language, made once.
template <class T>
class InEveryLanguage {
 public:
  explicit InEveryLanguage(T (*in)(const words::Words&)) {
    for (const std::string_view language : words::languages()) all_.push_back(in(words::Words(language)));
  }
  [[nodiscard]] const T& best(std::string_view accept_language) const {
    return all_[best_language(accept_language, words::languages())];
  }

 private:
  std::vector<T> all_;
};

}  // namespace postern::page
