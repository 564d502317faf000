// SPDX-License-Identifier: Apache-2.0
// Addresses and prefixes from text: what parses prints, and what it printed parses to the same.
#include "base/check.h"
#include "base/ip.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto address = postern::parse_ip(text)) {
    const auto again = postern::parse_ip(to_string(*address));
    PN_CHECK(again && *again == *address);
  }
  if (const auto prefix = postern::parse_prefix(text)) {
    const auto again = postern::parse_prefix(to_string(*prefix));
    PN_CHECK(again && *again == *prefix);
  }
  return 0;
}
