// SPDX-License-Identifier: Apache-2.0
// Html: a document being written. Markup is what stands in this source as a literal; everything else is text and is
// escaped, in elements and in quoted attributes alike. There is no third way in.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace postern::page {

// Only a literal becomes one, at compile time.
class Markup {
 public:
  template <size_t N>
  consteval Markup(const char (&literal)[N])  // NOLINT(google-explicit-constructor)
      : text_(literal, N - 1) {}
  explicit consteval Markup(std::string_view constant) : text_(constant) {}
  [[nodiscard]] constexpr std::string_view view() const { return text_; }

 private:
  std::string_view text_;
};

// A value in a sentence: "Write to {contact}." with {"contact", "noc@example.net", How::link, "mailto:noc@…"}.
enum class How : unsigned char { plain, strong, code, link };
struct Slot {
  std::string_view name;
  std::string_view value;
  How how = How::plain;
  std::string_view href;  // How::link
};
using Slots = std::initializer_list<Slot>;

class Html {
 public:
  Html& raw(Markup markup) {
    out_ += markup.view();
    return *this;
  }
  Html& text(std::string_view text);
  // A sentence of words.h with its {slots} filled in. A slot nobody fills is our bug.
  Html& say(std::string_view sentence, Slots slots = {});
  // <p>sentence</p>
  Html& paragraph(std::string_view sentence, Slots slots = {}) { return raw("<p>").say(sentence, slots).raw("</p>\n"); }
  // <li>sentence</li>
  Html& item(std::string_view sentence, Slots slots = {}) { return raw("<li>").say(sentence, slots).raw("</li>\n"); }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void fill(const Slot& slot);

  std::string out_;
};

// For the query of a mailto: link (RFC 6068 section 2): all but unreserved characters percent-encoded.
[[nodiscard]] std::string uri_encoded(std::string_view text);

}  // namespace postern::page
