// SPDX-License-Identifier: Apache-2.0
// Any file gives predictions with a line and a verdict each, or an error that names the place.
#include <cstdint>

#include "base/check.h"
#include "cli/predicted.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto read = postern::cli::read_predictions({reinterpret_cast<const char*>(data), size}, "fuzz");
  if (!read) PN_CHECK(read.error().where.starts_with("fuzz:"));
  if (read)
    for (const auto& p : *read) PN_CHECK(!p.line.empty() && !p.verdict.empty());
  return 0;
}
