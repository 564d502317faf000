// SPDX-License-Identifier: Apache-2.0
#include "settings/table/form.h"

#include <algorithm>
#include <cstdint>

namespace postern::settings {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// Bytes of the UTF-8 sequence that starts `s`, 0 when it is none (overlong, surrogate, past U+10FFFF, cut).
size_t utf8_length(std::string_view s) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(s[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || s.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const uint8_t second = byte(1);
  const bool bad = (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
                   (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
  return bad ? 0 : length;
}

bool is_label(std::string_view s) {
  return !s.empty() && s.size() <= 63 && s.front() != '-' && s.back() != '-' &&
         std::ranges::all_of(s, [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
}

}  // namespace

bool is_utf8(std::string_view s) {
  while (!s.empty()) {
    const size_t n = utf8_length(s);
    if (n == 0) return false;
    s.remove_prefix(n);
  }
  return true;
}

bool is_absolute_path(std::string_view s) {
  return s.starts_with('/') && s.size() <= kTextMax && std::ranges::none_of(s, is_control);
}

bool is_host_name(std::string_view s) {
  if (s.empty() || s.size() > 253) return false;
  for (;;) {
    const size_t dot = s.find('.');
    if (!is_label(s.substr(0, dot))) return false;
    if (dot == s.npos) return true;
    s.remove_prefix(dot + 1);
  }
}

bool is_mail_address(std::string_view s) {
  const size_t at = s.rfind('@');
  if (at == s.npos || at == 0 || at > 64 || s.size() > 254 || !is_utf8(s)) return false;
  const std::string_view local = s.substr(0, at);
  const std::string_view domain = s.substr(at + 1);
  constexpr std::string_view kNever = " \t\"(),:;<>@[\\]";
  const bool bad = std::ranges::any_of(local, [&](char c) { return is_control(c) || kNever.contains(c); });
  if (bad || local.front() == '.' || local.back() == '.' || local.contains("..")) return false;
  // RFC 6531 domains may hold bytes past ASCII; their labels cannot be checked without IDNA tables.
  if (std::ranges::any_of(domain, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
    return std::ranges::none_of(domain, [&](char c) { return is_control(c) || kNever.contains(c); });
  return is_host_name(domain);
}

bool is_base_url(std::string_view s) {
  if (s.size() > 200 || s.ends_with('/')) return false;
  const size_t scheme = s.starts_with("https://") ? 8 : s.starts_with("http://") ? 7 : 0;
  if (scheme == 0 || s.size() == scheme || s[scheme] == '/' || s[scheme] == ':') return false;
  return std::ranges::all_of(
      s, [](char c) { return is_letter(c) || is_digit(c) || std::string_view("-._~:/[]@!$&'()*+,;=%").contains(c); });
}

bool is_interface_glob(std::string_view s) {
  constexpr size_t kNameMax = 15;  // IFNAMSIZ - 1
  return !s.empty() && s.size() <= kNameMax && s != "." && s != ".." && std::ranges::all_of(s, [](char c) {
    return !is_control(c) && c != '/' && c != ' ' && c != ':' && static_cast<unsigned char>(c) < 0x80;
  });
}

bool is_short_name(std::string_view s) {
  return !s.empty() && s.size() <= 32 && s.front() != '-' &&
         std::ranges::all_of(s, [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '_' || c == '-'; });
}

bool is_one_line(std::string_view s) {
  return !s.empty() && s.size() <= kTextMax && is_utf8(s) && std::ranges::none_of(s, is_control);
}

bool is_language_tag(std::string_view s) {
  if (s.size() > 35) return false;
  for (bool first = true;; first = false) {
    const size_t dash = s.find('-');
    const std::string_view part = s.substr(0, dash);
    if (part.empty() || part.size() > 8) return false;
    if (!std::ranges::all_of(part, [&](char c) { return is_letter(c) || (!first && is_digit(c)); })) return false;
    if (first && part.size() < 2) return false;
    if (dash == s.npos) return true;
    s.remove_prefix(dash + 1);
  }
}

bool is_language_text(std::string_view s) {
  const size_t colon = s.find(": ");
  return colon != s.npos && is_language_tag(s.substr(0, colon)) && is_one_line(s.substr(colon + 2)) &&
         s.find_first_not_of(' ', colon + 2) == colon + 2;
}

}  // namespace postern::settings
