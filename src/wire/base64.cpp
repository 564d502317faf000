// SPDX-License-Identifier: Apache-2.0
#include "wire/base64.h"

#include <array>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.h"

namespace postern::wire {
namespace {

const unsigned char* octets(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }

}  // namespace

std::string base64(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // libcrypto writes a zero behind it
  const int n =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), octets(bytes), static_cast<int>(bytes.size()));
  out.resize(static_cast<size_t>(n));
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  std::string out(text.size() / 4 * 3, '\0');
  const int n =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), octets(text), static_cast<int>(text.size()));
  if (n < 0) return std::nullopt;
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  out.resize(static_cast<size_t>(n) - padding);
  return out;
}

std::string hmac_sha256_base64(std::string_view bytes, std::string_view secret) {
  std::array<char, 32> sum{};
  unsigned length = 0;
  PN_CHECK(HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), octets(bytes), bytes.size(),
                reinterpret_cast<unsigned char*>(sum.data()), &length) != nullptr);
  return base64({sum.data(), length});
}

}  // namespace postern::wire
