// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>

#include "wire/form.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto values = postern::wire::form_values({reinterpret_cast<const char*>(data), size});
  if (values.size() > postern::wire::kFormPairsMax) std::abort();
  return 0;
}
