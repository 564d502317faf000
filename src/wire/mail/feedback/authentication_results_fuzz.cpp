// SPDX-License-Identifier: Apache-2.0
// Whatever comes in: bounded, and nothing is proven that no "pass" stands for.
#include <cstdint>

#include "base/check.h"
#include "wire/mail/feedback/authentication_results.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using postern::wire::AuthenticationResults;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto results = postern::wire::read_authentication_results(text);
  if (!results) return 0;
  PN_CHECK(!results->authserv_id.empty() && results->methods.size() <= AuthenticationResults::kMethodsMax);
  for (const auto& m : results->methods) PN_CHECK(m.properties.size() <= AuthenticationResults::kPropertiesMax);
  bool passes = false;
  for (const auto& m : results->methods) passes = passes || m.result == "pass";
  PN_CHECK(passes || postern::wire::proven_domains(*results).empty());
  return 0;
}
