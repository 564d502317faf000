// SPDX-License-Identifier: Apache-2.0
// Texts that people read, in their language: letters and pages alike. The English sentence in the code is the key,
// de.po and its like hold the others (gettext's format; msgfmt and msgcmp check them in the tests, cmake/words.py
// builds them in, with the language's own rule for plurals). A language is one .po file and one line in
// CMakeLists.txt. No file at run time, no process-wide locale: every call says its language.
#pragma once

#include <array>
#include <cstdint>
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
// What the language calls itself: "Deutsch".
[[nodiscard]] std::string_view name_of(std::string_view language);

using Slots = std::initializer_list<std::pair<std::string_view, std::string_view>>;
// A sentence with its {slots} filled in; a slot that is not given stays as it is.
[[nodiscard]] std::string filled(std::string_view sentence, Slots slots);

// A sentence that says how many, in each form its language has. Its texts stand as long as the program.
inline constexpr size_t kFormsMax = 6;  // the most that a language is known to have (Arabic)
struct Counted {
  std::array<std::string_view, kFormsMax> forms;
  size_t (*rule)(uint64_t n) = nullptr;
  [[nodiscard]] std::string_view of(uint64_t n) const { return forms[rule(n)]; }
};

class Words {
 public:
  using Slots = words::Slots;
  explicit Words(std::string_view wanted) : language_(language_for(wanted)) {}

  [[nodiscard]] std::string_view language() const { return language_; }
  // The sentence with its {slots} left open; stands as long as the program when `english` does.
  [[nodiscard]] std::string_view phrase(std::string_view english) const;
  [[nodiscard]] std::string text(std::string_view english, Slots slots = {}) const;
  [[nodiscard]] Counted counted(std::string_view one, std::string_view many) const;

 private:
  std::string_view language_;
};

}  // namespace postern::words
