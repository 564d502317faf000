// SPDX-License-Identifier: Apache-2.0
// Whatever is typed: it is refused with a text, or it is the one spelling of what it reads as.
#include <array>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "tables/reference.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace postern::tables;
  // The key of reference_test.cpp, so that seeds are read as references.
  static const ReferenceKey key = [] {
    std::array<uint8_t, ReferenceKey::kBytes> secret{};
    for (size_t i = 0; i < secret.size(); ++i) secret[i] = static_cast<uint8_t>(7 + i);
    return ReferenceKey(secret);
  }();
  const std::string_view typed(reinterpret_cast<const char*>(data), size);
  const auto r = key.read(typed, 20'779, 1000);
  if (!r) {
    PN_CHECK(!r.error().what.empty() && !r.error().fix.empty());
    return 0;
  }
  PN_CHECK(key.read(key.make(*r), 20'779, 1000).value() == *r);
  return 0;
}
