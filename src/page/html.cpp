// SPDX-License-Identifier: Apache-2.0
#include "page/html.h"

#include <algorithm>

#include "base/check.h"

namespace postern::page {

Html& Html::text(std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out_ += "&amp;";
        break;
      case '<':
        out_ += "&lt;";
        break;
      case '>':
        out_ += "&gt;";
        break;
      case '"':
        out_ += "&quot;";
        break;
      case '\'':
        out_ += "&#39;";
        break;
      default:
        out_ += c;
    }
  }
  return *this;
}

void Html::fill(const Slot& slot) {
  switch (slot.how) {
    case How::plain:
      text(slot.value);
      break;
    case How::strong:
      raw("<strong>").text(slot.value).raw("</strong>");
      break;
    case How::code:
      raw("<code>").text(slot.value).raw("</code>");
      break;
    case How::link:
      raw("<a href=\"").text(slot.href).raw("\">").text(slot.value).raw("</a>");
      break;
  }
}

Html& Html::say(std::string_view sentence, Slots slots) {
  while (!sentence.empty()) {
    const size_t open = sentence.find('{');
    text(sentence.substr(0, open));
    if (open == std::string_view::npos) break;
    const size_t close = sentence.find('}', open);
    PN_CHECK(close != std::string_view::npos);
    const std::string_view name = sentence.substr(open + 1, close - open - 1);
    const auto* slot = std::ranges::find(slots, name, &Slot::name);
    PN_CHECK(slot != slots.end());
    fill(*slot);
    sentence.remove_prefix(close + 1);
  }
  return *this;
}

std::string uri_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kDigits[static_cast<unsigned char>(c) >> 4];
      out += kDigits[static_cast<unsigned char>(c) & 15];
    }
  }
  return out;
}

}  // namespace postern::page
