// SPDX-License-Identifier: Apache-2.0
// Texts that people read, in their language: the English sentence in the code is the key, de.po and its like hold the
// others (gettext's format; msgfmt and msgcmp check them in the tests, cmake/words.py builds them in). A language is
// one .po file and one line in CMakeLists.txt. No file at run time, no process-wide locale: every call says its
// language.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace postern::words {

// "de" for "de", "de-AT" and "DE"; "en" for what there is none of. BCP 47.
[[nodiscard]] std::string_view language_for(std::string_view wanted);
// English first.
[[nodiscard]] std::span<const std::string_view> languages();

class Words {
 public:
  using Slots = std::initializer_list<std::pair<std::string_view, std::string_view>>;
  explicit Words(std::string_view wanted) : language_(language_for(wanted)) {}

  [[nodiscard]] std::string_view language() const { return language_; }
  // The sentence with its {slots} filled in; a slot that is not given stays as it is.
  [[nodiscard]] std::string text(std::string_view english, Slots slots = {}) const;

 private:
  std::string_view language_;
};

}  // namespace postern::words
