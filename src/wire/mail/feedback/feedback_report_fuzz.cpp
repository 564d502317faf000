// SPDX-License-Identifier: Apache-2.0
// Whatever comes in: no port without being one, and the same text says the same.
#include <cstdint>

#include "base/check.h"
#include "wire/mail/feedback/feedback_report.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto report = postern::wire::read_feedback_report(text);
  const auto again = postern::wire::read_feedback_report(text);
  PN_CHECK(report.has_value() == again.has_value());
  PN_CHECK(!report || report->arrived == again->arrived);
  return 0;
}
