// SPDX-License-Identifier: Apache-2.0
#include "fold/mail_names.h"

#include <algorithm>
#include <array>

namespace postern::fold {
namespace {

constexpr std::array<std::string_view, 6> kBeginnings{"mx", "smtp", "mail", "relay", "gate", "ns"};

bool looks_like_a_mail_server(std::string_view name) {
  return std::ranges::any_of(kBeginnings, [&](std::string_view beginning) {
    if (!name.starts_with(beginning)) return false;
    const size_t after = name.find_first_not_of("0123456789", beginning.size());
    return after != std::string_view::npos && name[after] == '.';
  });
}

}  // namespace

uint64_t mail_name(uint16_t type, std::string_view name) {
  // Asking for the MX of mail.example.net is another thing than asking for its address: even and odd.
  if (type == kDnsMx) return std::max<uint64_t>(fingerprint(name) & ~uint64_t{1}, 2);
  const bool address = type == kDnsA || type == kDnsAaaa;
  return address && looks_like_a_mail_server(name) ? fingerprint(name) | 1 : 0;
}

}  // namespace postern::fold
