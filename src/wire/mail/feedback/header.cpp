// SPDX-License-Identifier: Apache-2.0
#include "wire/mail/feedback/header.h"

#include <algorithm>

namespace postern::wire {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

void append(std::string& to, std::string_view value) {
  if (!to.empty() && to.size() < kFieldOctetsMax) to += ' ';
  for (const char c : value.substr(0, kFieldOctetsMax - std::min(to.size(), kFieldOctetsMax)))
    to += c >= 0 && c < ' ' ? ' ' : c;
}

}  // namespace

std::string lower_case(std::string_view s) {
  std::string out(s);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && is_blank(s.front())) s.remove_prefix(1);
  while (!s.empty() && is_blank(s.back())) s.remove_suffix(1);
  return s;
}

std::string_view Fields::take_line() {
  const size_t end = rest_.find('\n');
  std::string_view line = rest_.substr(0, end);
  rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::optional<Field> Fields::next() {
  while (!rest_.empty() && seen_ < kFieldsMax) {
    const std::string_view line = take_line();
    if (line.empty()) {
      rest_ = {};
      break;
    }
    const size_t colon = line.find(':');
    if (is_blank(line.front()) || colon == std::string_view::npos || colon == 0) continue;
    ++seen_;
    Field out{lower_case(trimmed(line.substr(0, std::min(colon, kFieldOctetsMax)))), {}};
    append(out.value, trimmed(line.substr(colon + 1)));
    while (!rest_.empty() && is_blank(rest_.front())) append(out.value, trimmed(take_line()));
    return out;
  }
  return std::nullopt;
}

size_t comment_octets(std::string_view s) {
  int depth = 0;
  for (size_t n = 0; n < s.size(); ++n) {
    if (s[n] == '\\') {
      ++n;
    } else if (s[n] == '(') {
      ++depth;
    } else if (s[n] == ')' && --depth == 0) {
      return n + 1;
    }
  }
  return std::string_view::npos;
}

}  // namespace postern::wire
