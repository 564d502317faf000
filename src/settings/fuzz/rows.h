// SPDX-License-Identifier: Apache-2.0
// What both fuzz targets of subscriber files hold against their reader: rows or faults, and rows keep what the header
// of subscriber_file.h promises.
#pragma once

#include <array>

#include "base/check.h"
#include "settings/subscriber_file.h"

namespace postern::settings {

template <class Read>
int check_rows(Read&& read, const uint8_t* data, size_t size) {
  static constexpr std::array<std::string_view, 2> kClasses{"business", "residential"};
  static const std::array kPrefixes{Prefix::of(IpAddress::v4(0xc6336400), 24),
                                    Prefix::of(IpAddress::v4(0x0a000000), 8)};
  const auto rows = read({reinterpret_cast<const char*>(data), size}, "fuzz", RowRules{kClasses, kPrefixes});
  if (!rows) {
    PN_CHECK(!rows.error().empty());
    return 0;
  }
  for (const auto& s : *rows) {
    PN_CHECK(!s.key.empty() && s.key.size() <= kImportFieldBytesMax);
    PN_CHECK(!s.id);
    PN_CHECK(s.fixed.size() <= kImportPrefixesMax);
    for (const Prefix& p : s.fixed) PN_CHECK(kPrefixes[0].contains(p) || kPrefixes[1].contains(p));
  }
  return 0;
}

}  // namespace postern::settings
