// SPDX-License-Identifier: Apache-2.0
// The pages, from facts to HTML. Pure. No script, no image, no font, no cookie; one style sheet in the page, allowed by
// its hash; under 30 KB. WCAG 2.2 AA: language, one h1 and headings in order, contrast of 7:1 or better for text in the
// light and the dark scheme, labels, visible focus, targets of 44 px, nothing said by colour alone. Prints.
#pragma once

#include <string>
#include <string_view>

#include "edge/notice/facts.h"
#include "edge/notice/words.h"

namespace postern::edge::notice {

// [provider] of postern.toml.
struct Provider {
  std::string name;
  std::string url;         // base of these pages; its path part is put before every link
  std::string contact;     // mail address; may be empty
  std::string phone;       // may be empty
  std::string relay_host;  // may be empty: "the one of your mail provider"
};

struct Refusal {
  tables::Reference reference;
  std::string reference_text;
  Facts facts;
  std::string token;   // for the button
  bool noted = false;  // the button was just pressed
};

class Pages {
 public:
  explicit Pages(Provider provider);

  [[nodiscard]] std::string home(const Words& w) const;
  [[nodiscard]] std::string refusal(const Words& w, Refusal r) const;
  // `typed` is whatever somebody sent; `why` the reason it is no reference.
  [[nodiscard]] std::string wrong_reference(const Words& w, std::string_view typed, std::string_view why) const;
  // A heading, a sentence, the form and how to reach a person.
  [[nodiscard]] std::string message(const Words& w, std::string_view title, std::string_view text) const;

  // Path part of the provider's URL, without a slash at its end: "" or "/mail".
  [[nodiscard]] const std::string& base_path() const { return base_path_; }
  // The Content-Security-Policy that lets these pages show their style, and nothing else.
  [[nodiscard]] static const std::string& content_security_policy();

 private:
  class Writer;
  Provider provider_;
  std::string base_path_;
};

// What somebody may see who does not ask from the line itself.
[[nodiscard]] Facts public_part(const Facts& facts);

}  // namespace postern::edge::notice
