// SPDX-License-Identifier: Apache-2.0
#include "page/language.h"

#include <algorithm>

namespace postern::page {

std::string_view chosen_language(std::string_view query) {
  for (size_t at = 0; at < query.size();) {
    const size_t end = std::min(query.find('&', at), query.size());
    const std::string_view part = query.substr(at, end - at);
    const size_t equal = std::min(part.find('='), part.size());
    at = end + 1;
    if (part.substr(0, equal) != kLanguageField || equal == part.size()) continue;
    const auto known = std::ranges::find(words::languages(), part.substr(equal + 1));
    if (known != words::languages().end()) return *known;
  }
  return {};
}

std::string language_query(std::string_view chosen) {
  return chosen.empty() ? std::string() : "?" + std::string(kLanguageField) + "=" + std::string(chosen);
}

const Calendar& calendar_of(std::string_view language) { return language == "de" ? calendar_de() : calendar_en(); }

}  // namespace postern::page
