// SPDX-License-Identifier: Apache-2.0
// The paragraphs a letter is made of, in order. Within this room only.
#pragma once

#include <string>
#include <string_view>

#include "tell/letter/letter.h"
#include "tell/letter/trouble.h"
#include "words/words.h"

namespace postern::tell::letter {

// Marks a sentence for xgettext; the catalogue is asked when the language is known.
constexpr std::string_view marked(std::string_view english) { return english; }

class Paragraphs {
 public:
  Paragraphs(const words::Words& w, const Facts& facts) : w_(w), f_(facts), trouble_(trouble_of(facts)) {}

  [[nodiscard]] std::string subject(model::Notice notice) const;

  void greeting();
  void what(model::Notice notice);
  void seen(model::Notice notice);
  void steps(model::Notice notice);
  void consequence(model::Notice notice);
  void page(model::Notice notice);
  void person();
  void signature();
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  [[nodiscard]] model::Notice felt(model::Notice notice) const;
  void intro(model::Notice notice);
  void self_release();
  void put(std::string_view english, words::Words::Slots slots = {});
  void item(std::string_view english, words::Words::Slots slots = {});
  [[nodiscard]] std::string said(std::string_view english, words::Words::Slots slots) const;
  void fold(std::string_view paragraph, std::string_view indent);
  void line(std::string_view finished);
  [[nodiscard]] std::string row(const model::Increment& step) const;

  const words::Words& w_;
  const Facts& f_;
  Trouble trouble_;
  std::string out_;
};

// "2026-11-27 14:05 UTC": the same in every language, and no month to mistake.
[[nodiscard]] std::string moment(Time t);
// At most 76 characters a line where words allow; later lines begin with `indent`.
[[nodiscard]] std::string wrapped(std::string_view paragraph, std::string_view indent);

// Of letters that are about no case.
void add(Text& text, const std::string& paragraph);
void greet(Text& text, const words::Words& w, const std::string& customer);
void sign(Text& text, const words::Words& w, const Provider& provider, const std::string& line_key);

}  // namespace postern::tell::letter
