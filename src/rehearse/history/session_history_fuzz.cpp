// SPDX-License-Identifier: Apache-2.0
// Any bytes are a history or faults; who() gives an answer for any address and time of it.
#include <cstdint>

#include "base/check.h"
#include "rehearse/history/session_history.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto history = postern::rehearse::SessionHistory::read_csv({reinterpret_cast<const char*>(data), size}, "fuzz");
  if (!history) {
    PN_CHECK(!history.error().empty());
    return 0;
  }
  for (const char* address : {"192.0.2.1", "2001:db8::1", "0.0.0.0"}) {
    const auto answer = history->who(*postern::parse_ip(address), {1'764'000'000'000'000});
    PN_CHECK(answer.kind != postern::rehearse::SessionHistory::Kind::found || answer.line < history->lines().size());
  }
  return 0;
}
