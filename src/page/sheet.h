// SPDX-License-Identifier: Apache-2.0
// Sheet: the frame of every page: head, style, the provider's name, the switch of languages, one h1, sections, a
// footer. No script, no image, no font, no cookie; one style sheet in the page, allowed by its hash. WCAG 2.2 AA:
// language, headings in order, contrast of 7:1 or better for text in the light and the dark scheme, visible focus,
// targets of 44 px, nothing said by colour alone. Prints.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "page/facts.h"
#include "page/html.h"
#include "page/language.h"
#include "page/provider.h"

namespace postern::page {

struct PersonWords {
  std::string_view mail, phone, subject;  // {reference}
};
struct AttemptWords {
  std::string_view caption, when, where;
};
inline constexpr size_t kAttemptsShown = 8;

class Sheet {
 public:
  // `chosen`: the language that the switch was set to, empty = the browser's. It stays in the page's links and forms.
  explicit Sheet(const Provider& provider, std::string_view chosen = {}) : provider_(provider), chosen_(chosen) {}

  void begin(std::string_view language, std::string_view title);
  // `link` (text and address) may be empty.
  [[nodiscard]] std::string end(std::string_view link, std::string_view href, std::string_view footer);

  // "?lang=de" for links and actions, or nothing.
  [[nodiscard]] std::string query() const { return language_query(chosen_); }
  // The same in a form with method get.
  void keep_language();

  void lead(std::string_view sentence);  // {provider}
  void note(std::string_view sentence, Slots slots = {});
  void section(std::string_view heading) { h_.raw("<section>\n<h2>").text(heading).raw("</h2>\n"); }
  void end_section() { h_.raw("</section>\n"); }
  void part(std::string_view heading, std::string_view sentence);
  void entry(std::string_view label, std::string_view value);  // of a <dl>
  // How to reach somebody; `reference` goes into the subject of a mail, if there is one.
  void ways_to_a_person(const PersonWords& words, std::string_view reference);
  void attempts(const Calendar& calendar, const AttemptWords& words, std::span<const Attempt> newest_first);
  [[nodiscard]] bool has_a_person() const { return !provider_.contact.empty() || !provider_.phone.empty(); }
  Html& html() { return h_; }

 protected:
  const Provider& provider_;
  Html h_;

 private:
  void languages(std::string_view shown);

  std::string_view chosen_;
};

// The Content-Security-Policy that lets these pages show their style, and nothing else.
[[nodiscard]] const std::string& content_security_policy();

}  // namespace postern::page
