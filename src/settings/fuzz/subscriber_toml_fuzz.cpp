// SPDX-License-Identifier: Apache-2.0
// Any bytes as subscribers.toml.
#include "settings/fuzz/rows.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace postern::settings;
  return check_rows(read_subscriber_toml, data, size);
}
