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

// Nothing: the catalogue has none.
const Entry* entry_of(std::string_view language, std::string_view english) {
  const Catalogue* catalogue = catalogue_of(language);
  if (catalogue == nullptr) return nullptr;
  const auto it = std::ranges::lower_bound(catalogue->entries, english, {}, &Entry::english);
  return it != catalogue->entries.end() && it->english == english ? &*it : nullptr;
}

size_t english_rule(uint64_t n) { return n == 1 ? 0 : 1; }

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

std::string_view name_of(std::string_view language) {
  const Catalogue* catalogue = catalogue_of(language);
  return catalogue == nullptr ? "English" : catalogue->name;
}

std::string filled(std::string_view sentence, Slots slots) {
  std::string out;
  while (!sentence.empty()) {
    const size_t open = std::min(sentence.find('{'), sentence.size());
    out += sentence.substr(0, open);
    sentence.remove_prefix(open);
    const size_t close = sentence.find('}');
    if (sentence.empty() || close == std::string_view::npos) break;
    const auto slot = std::ranges::find(slots, sentence.substr(1, close - 1), &Slots::value_type::first);
    out += slot == slots.end() ? sentence.substr(0, close + 1) : slot->second;
    sentence.remove_prefix(close + 1);
  }
  return out + std::string(sentence);
}

std::string_view Words::phrase(std::string_view english) const {
  const Entry* entry = entry_of(language_, english);
  return entry == nullptr ? english : entry->forms[0];
}

std::string Words::text(std::string_view english, Slots slots) const { return filled(phrase(english), slots); }

Counted Words::counted(std::string_view one, std::string_view many) const {
  const Entry* entry = entry_of(language_, one);
  if (entry == nullptr) return {{one, many}, &english_rule};
  return {entry->forms, catalogue_of(language_)->rule};
}

}  // namespace postern::words
