// SPDX-License-Identifier: Apache-2.0
// The message codec on foreign bytes: what decodes must encode to the same bytes again.
#include <cstdlib>

#include "daemon/bus/message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace postern;
  const ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto message = decode<daemon::Message>(bytes);
  if (!message) return 0;
  const Bytes again = encode(*message);
  if (!std::equal(again.begin(), again.end(), bytes.begin(), bytes.end())) std::abort();
  return 0;
}
