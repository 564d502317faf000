// SPDX-License-Identifier: Apache-2.0
// Whatever comes in, as a header and as one field: bounded words, and an address only out of brackets.
#include <cstdint>

#include "base/check.h"
#include "wire/mail/feedback/header.h"
#include "wire/mail/feedback/received.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto look = [](std::string_view value) {
    const postern::wire::Received r = postern::wire::read_received(value);
    PN_CHECK(r.by.size() <= 255 && r.id.size() <= 255 && r.account.size() <= 255);
    PN_CHECK(!r.from || value.find('[') != std::string_view::npos);
    PN_CHECK(!r.at || value.find(';') != std::string_view::npos);
  };
  look(text);
  postern::wire::Fields fields(text);
  size_t n = 0;
  while (const auto field = fields.next()) {
    PN_CHECK(++n <= postern::wire::kFieldsMax && field->value.size() <= postern::wire::kFieldOctetsMax);
    look(field->value);
  }
  return 0;
}
