// SPDX-License-Identifier: Apache-2.0
// What comes out is an address that can be written and read again; nothing before the last comma changes it.
#include "base/check.h"
#include "wire/forwarded/forwarded.h"

using namespace postern;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto address = wire::last_forwarded(text);
  if (!address) return 0;
  PN_CHECK(*address && parse_ip(to_string(*address)));
  if (size + 12 < wire::kForwardedMax) {
    const std::string longer = "192.0.2.66, " + std::string(text);
    PN_CHECK(wire::last_forwarded(longer) == address);
  }
  return 0;
}
