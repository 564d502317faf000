// SPDX-License-Identifier: Apache-2.0
#include "words/words.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>

#include "words/catalogues.inc"

namespace postern::words {
namespace {

constexpr std::string_view kEnglish = "en";

const Catalogue* catalogue_of(std::string_view language) {
  const auto it = std::ranges::find(kCatalogues, language, &Catalogue::language);
  return it == kCatalogues.end() ? nullptr : it;
}

std::string_view translated(std::string_view language, std::string_view english) {
  const Catalogue* catalogue = catalogue_of(language);
  if (catalogue == nullptr) return english;
  const auto it = std::ranges::lower_bound(catalogue->entries, english, {}, &Entry::english);
  return it != catalogue->entries.end() && it->english == english ? it->text : english;
}

}  // namespace

std::string_view language_for(std::string_view wanted) {
  std::string primary(wanted.substr(0, wanted.find_first_of("-_")));
  std::ranges::transform(primary, primary.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const Catalogue* catalogue = catalogue_of(primary);
  return catalogue == nullptr ? kEnglish : catalogue->language;
}

std::span<const std::string_view> languages() {
  static const auto kAll = [] {
    std::array<std::string_view, kCatalogues.size() + 1> all{kEnglish};
    std::ranges::transform(kCatalogues, all.begin() + 1, &Catalogue::language);
    return all;
  }();
  return kAll;
}

std::string Words::text(std::string_view english, Slots slots) const {
  std::string out;
  std::string_view rest = translated(language_, english);
  while (!rest.empty()) {
    const size_t open = std::min(rest.find('{'), rest.size());
    out += rest.substr(0, open);
    rest.remove_prefix(open);
    const size_t close = rest.find('}');
    if (rest.empty() || close == std::string_view::npos) break;
    const auto slot = std::ranges::find(slots, rest.substr(1, close - 1), &Slots::value_type::first);
    out += slot == slots.end() ? rest.substr(0, close + 1) : slot->second;
    rest.remove_prefix(close + 1);
  }
  return out + std::string(rest);
}

}  // namespace postern::words
