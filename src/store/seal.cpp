// SPDX-License-Identifier: Apache-2.0
#include "store/seal.h"

#include <algorithm>
#include <sodium.h>

#include "sys/entropy.h"

namespace postern::store {

namespace {
constexpr size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(kKeyBytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

const unsigned char* raw(ByteView v) { return reinterpret_cast<const unsigned char*>(v.data()); }
unsigned char* raw(std::byte* p) { return reinterpret_cast<unsigned char*>(p); }
}  // namespace

Bytes seal(const Key& key, ByteView plain, ByteView about) {
  Bytes out(kNonce + plain.size() + kTag);
  sys::random_bytes(std::span(out).first(kNonce));
  unsigned long long size = 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt(raw(out.data() + kNonce), &size, raw(plain), plain.size(), raw(about),
                                             about.size(), nullptr, raw(out.data()), raw(key.bytes));
  return out;
}

std::optional<Bytes> unseal(const Key& key, ByteView sealed, ByteView about) {
  if (sealed.size() < kNonce + kTag) return std::nullopt;
  Bytes out(sealed.size() - kNonce - kTag);
  unsigned long long size = 0;
  const ByteView body = sealed.subspan(kNonce);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(raw(out.data()), &size, nullptr, raw(body), body.size(), raw(about),
                                                 about.size(), raw(sealed), raw(key.bytes)) != 0)
    return std::nullopt;
  return out;
}

bool is_gone(ByteView sealed) {
  return std::ranges::all_of(sealed, [](std::byte b) { return b == std::byte{0}; });
}

Sum keyed_sum(const Key& key, ByteView of) {
  Sum sum{};
  crypto_generichash(raw(sum.data()), sum.size(), raw(of), of.size(), raw(key.bytes), key.bytes.size());
  return sum;
}

Sum blind(const Key& key, const Prefix& prefix) {
  std::array<uint8_t, 18> bytes{};
  bytes[0] = static_cast<uint8_t>(prefix.address.family);
  bytes[1] = prefix.length;
  std::ranges::copy(prefix.address.bytes, bytes.begin() + 2);
  return keyed_sum(key, std::as_bytes(std::span(bytes)));
}

}  // namespace postern::store
