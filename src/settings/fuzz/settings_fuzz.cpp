// SPDX-License-Identifier: Apache-2.0
// Any bytes as postern.toml: a verdict, never a crash, and what loads also makes a policy.
#include <array>

#include "base/check.h"
#include "settings/settings.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace postern::settings;
  constexpr std::array<std::string_view, 2> kDetectors{"novelty", "outcome"};
  const auto loaded = load_text({reinterpret_cast<const char*>(data), size}, "fuzz.toml", kDetectors);
  if (loaded) {
    PN_CHECK(loaded->policy().classes.contains("unknown"));
  } else {
    PN_CHECK(!loaded.error().empty());
    PN_CHECK(!text_of(loaded.error()).empty());
  }
  return 0;
}
