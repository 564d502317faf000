// SPDX-License-Identifier: Apache-2.0
// The codec through its largest noun: a record that decodes encodes to the same bytes, so there is one form only.
#include <algorithm>

#include "base/check.h"
#include "base/codec.h"
#include "model/observation.h"
#include "model/record.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const postern::ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  if (const auto record = postern::decode<postern::model::Record>(bytes))
    PN_CHECK(std::ranges::equal(postern::encode(*record), bytes));
  if (const auto observation = postern::decode<postern::model::Observation>(bytes))
    PN_CHECK(std::ranges::equal(postern::encode(*observation), bytes));
  return 0;
}
