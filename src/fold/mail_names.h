// SPDX-License-Identifier: Apache-2.0
// Questions to the DNS -> mail servers' names a line has not asked for within `memory` (24 h): MX of any domain, and A
// or AAAA of names that begin like a mail server's (mx, smtp, mail, relay, gate or ns, then digits, then a dot).
// Repeats, retries and packets captured twice are the same name. Pure; bounded by fold/destinations.h.
#pragma once

#include <string_view>

#include "fold/destinations.h"

namespace postern::fold {

inline constexpr uint16_t kDnsA = 1;
inline constexpr uint16_t kDnsMx = 15;
inline constexpr uint16_t kDnsAaaa = 28;

// 0: no mail server's name is asked for; else what to remember the name by.
[[nodiscard]] uint64_t mail_name(uint16_t type, std::string_view name);

class MailNames {
 public:
  explicit MailNames(size_t bits = Destinations::kBitsUsual) : seen_(hours(24), bits) {}
  // True when the line has not asked for it lately; `name` from mail_name().
  bool first(uint32_t line, uint64_t name, Time now) { return seen_.first(line, name, now); }

 private:
  Destinations seen_;
};

}  // namespace postern::fold
