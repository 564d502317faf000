// SPDX-License-Identifier: Apache-2.0
// The pages, from facts to HTML. Pure; under 30 KB; what page/sheet.h promises, and labels.
#pragma once

#include <string>
#include <string_view>

#include "edge/notice/facts.h"
#include "edge/notice/words.h"
#include "page/provider.h"

namespace postern::edge::notice {

using page::Provider;

struct Refusal {
  tables::Reference reference;
  std::string reference_text;
  Facts facts;
  std::string token;             // for the button
  bool noted = false;            // the button was just pressed
  std::string_view chosen = {};  // language, page/language.h; the other pages are told it as well
  std::string kind = {};         // of connection, in words; dropped for everybody but the line itself
};

class Pages {
 public:
  explicit Pages(Provider provider);

  [[nodiscard]] std::string home(const Words& w, std::string_view chosen = {}) const;
  [[nodiscard]] std::string refusal(const Words& w, Refusal r) const;
  // `typed` is whatever somebody sent.
  [[nodiscard]] std::string wrong_reference(const Words& w, std::string_view typed, std::string_view chosen = {}) const;
  // A heading, a sentence, the form and how to reach a person.
  [[nodiscard]] std::string message(const Words& w, std::string_view title, std::string_view text,
                                    std::string_view chosen = {}) const;

  [[nodiscard]] const std::string& base_path() const { return base_path_; }

 private:
  class Writer;
  Provider provider_;
  std::string base_path_;
};

// What somebody may see who does not ask from the line itself.
[[nodiscard]] Facts public_part(const Facts& facts);

}  // namespace postern::edge::notice
