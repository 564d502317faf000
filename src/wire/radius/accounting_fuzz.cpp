// SPDX-License-Identifier: Apache-2.0
// Random bytes never pass the MD5, so each input is also tried as a sender who knows the secret would have signed it.
#include "base/check.h"
#include "wire/radius/accounting.h"

using namespace postern;
using namespace postern::wire;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr std::string_view kSecret = "s3cret";
  const ByteView raw = std::as_bytes(std::span(data, size));
  (void)decode_accounting(raw, kSecret);
  if (size < kRadiusHeaderOctets || size > kRadiusOctetsMax) return 0;
  Bytes packet(raw.begin(), raw.end());
  packet[0] = std::byte{4};
  packet[2] = static_cast<std::byte>(size >> 8);
  packet[3] = static_cast<std::byte>(size & 0xff);
  sign_accounting_request(packet, kSecret);
  const auto request = decode_accounting(packet, kSecret);
  if (!request) return 0;
  for (const bool with : {false, true}) {
    const auto again = decode_accounting(encode_accounting_request(*request, kSecret, with), kSecret);
    PN_CHECK(again && *again == *request);
  }
  return 0;
}
