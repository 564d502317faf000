// SPDX-License-Identifier: Apache-2.0
// Form: what a text value must look like; one check and one phrase that the manual page and every message share.
#pragma once

#include <string_view>

namespace postern::settings {

struct Form {
  std::string_view name;     // "an absolute path"
  std::string_view example;  // "/var/lib/postern"
  bool (*holds)(std::string_view text);
};

inline constexpr size_t kTextMax = 1024;  // longest text value in bytes

[[nodiscard]] bool is_absolute_path(std::string_view s);
[[nodiscard]] bool is_host_name(std::string_view s);
// One address, RFC 5321 sizes, no display name, no source route; bytes past ASCII allowed (RFC 6531).
[[nodiscard]] bool is_mail_address(std::string_view s);
[[nodiscard]] bool is_base_url(std::string_view s);
// An interface name (at most 15 bytes, no '/', no white space), where * and ? stand for any and one character.
[[nodiscard]] bool is_interface_glob(std::string_view s);
// Lower-case letters, digits, '_' and '-', at most 32: class and user names.
[[nodiscard]] bool is_short_name(std::string_view s);
// One line of valid UTF-8 for people: no control characters, not empty.
[[nodiscard]] bool is_one_line(std::string_view s);
// BCP 47 shape: "en", "pt-BR".
[[nodiscard]] bool is_language_tag(std::string_view s);
// A language tag, a colon, a space and one line of text.
[[nodiscard]] bool is_language_text(std::string_view s);
[[nodiscard]] bool is_utf8(std::string_view s);

inline constexpr Form kPath{"an absolute path", "/var/lib/postern", &is_absolute_path};
inline constexpr Form kHostName{"a host name", "relay.isp.example", &is_host_name};
inline constexpr Form kMailAddress{"a mail address", "abuse@isp.example", &is_mail_address};
inline constexpr Form kBaseUrl{"an http:// or https:// URL without a trailing slash, query or fragment",
                               "https://mail-help.isp.example", &is_base_url};
inline constexpr Form kInterfaceGlob{"an interface name, * and ? allowed", "sub*", &is_interface_glob};
inline constexpr Form kShortName{"a name of lower-case letters, digits, _ and -, at most 32", "postern",
                                 &is_short_name};
inline constexpr Form kOneLine{"one line of text without control characters", "Example ISP", &is_one_line};
inline constexpr Form kLanguageText{"a language, a colon and a text", "de: Privatanschluss", &is_language_text};

}  // namespace postern::settings
