// SPDX-License-Identifier: Apache-2.0
// What decodes is plain text and survives the way back.
#include "base/check.h"
#include "wire/traffic/dns/message.h"

using namespace postern;
using namespace postern::wire;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView raw = std::as_bytes(std::span(data, size));
  (void)dns_question_type(raw);
  const auto message = decode_dns(raw);
  if (!message) return 0;
  for (const char c : message->name) PN_CHECK(c > ' ' && c < 0x7f);
  const auto again = decode_dns(encode_dns_question(*message));
  PN_CHECK(again && again->name == message->name && again->type == message->type && again->rcode == message->rcode);
  return 0;
}
