// SPDX-License-Identifier: Apache-2.0
// Listen addresses from settings: what parses prints, and what it printed parses to the same.
#include "base/check.h"
#include "base/endpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto endpoint = postern::parse_endpoint(text)) {
    const auto again = postern::parse_endpoint(to_string(*endpoint));
    PN_CHECK(again && *again == *endpoint);
  }
  return 0;
}
