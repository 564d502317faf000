// SPDX-License-Identifier: Apache-2.0
// Any bytes as subscribers.toml: rows or faults, and rows keep what the header of subscriber_file.h promises.
#include <array>

#include "base/check.h"
#include "settings/subscriber_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace postern::settings;
  constexpr std::array<std::string_view, 2> kClasses{"business", "residential"};
  const auto rows = read_subscriber_toml({reinterpret_cast<const char*>(data), size}, "fuzz.toml", kClasses);
  if (!rows) {
    PN_CHECK(!rows.error().empty());
    return 0;
  }
  for (const auto& s : *rows) {
    PN_CHECK(!s.key.empty() && s.key.size() <= kImportFieldBytesMax);
    PN_CHECK(!s.id);
    PN_CHECK(s.fixed.size() <= kImportPrefixesMax);
  }
  return 0;
}
