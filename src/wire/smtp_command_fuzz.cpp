// SPDX-License-Identifier: Apache-2.0
// The verbs do not depend on how the bytes are cut; there is one per line end and none without.
#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "wire/smtp_command.h"

namespace {
std::vector<postern::wire::SmtpVerb> verbs_of(std::string_view bytes, size_t chunk) {
  postern::wire::SmtpCommandReader reader;
  std::vector<postern::wire::SmtpVerb> out;
  while (!bytes.empty()) {
    std::string_view part = bytes.substr(0, chunk);
    bytes.remove_prefix(part.size());
    while (!part.empty())
      if (const auto v = reader.take(part)) out.push_back(*v);
  }
  return out;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = verbs_of(bytes, size);
  PN_CHECK(whole.size() == static_cast<size_t>(std::count(bytes.begin(), bytes.end(), '\n')));
  PN_CHECK(whole == verbs_of(bytes, 1));
  PN_CHECK(whole == verbs_of(bytes, 1 + size / 3));
  return 0;
}
