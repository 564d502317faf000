// SPDX-License-Identifier: Apache-2.0
// Random bytes never pass the MD5, so each input is also tried as a NAS that knows the secret would have signed it.
#include "base/check.h"
#include "wire/radius/dynauth.h"

using namespace postern;
using namespace postern::wire;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr std::string_view kSecret = "s3cret";
  const RadiusAuthenticator asked{1, 2, 3};
  const ByteView raw = std::as_bytes(std::span(data, size));
  (void)decode_dynauth_answer(raw, asked, kSecret);
  (void)model::parse_radius_attribute({reinterpret_cast<const char*>(data), size});
  if (size < kRadiusHeaderOctets || size > kRadiusOctetsMax) return 0;
  Bytes packet(raw.begin(), raw.end());
  packet[2] = static_cast<std::byte>(size >> 8);
  packet[3] = static_cast<std::byte>(size & 0xff);
  radius::sign(packet, asked, kSecret);
  if (const auto answer = decode_dynauth_answer(packet, asked, kSecret)) {
    const auto again = decode_dynauth_answer(encode_dynauth_answer(*answer, asked, kSecret), asked, kSecret);
    PN_CHECK(again && *again == *answer);
  }
  radius::sign(packet, {}, kSecret);
  if (const auto request = decode_dynauth_request(packet, kSecret)) {
    const auto sent = encode_dynauth_request(*request, kSecret);
    if (sent) PN_CHECK(*decode_dynauth_request(*sent, kSecret) == *request);
  }
  return 0;
}
