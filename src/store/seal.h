// SPDX-License-Identifier: Apache-2.0
// Sealing: XChaCha20-Poly1305 (libsodium) with a random nonce in front, and keyed BLAKE2b for sums and blind indexes.
#pragma once

#include <array>
#include <optional>

#include "base/codec.h"
#include "base/ip.h"
#include "store/master_key.h"

namespace postern::store {

// nonce(24) + ciphertext + tag(16). `about` is authenticated, not stored: a sealed part moved elsewhere does not open.
[[nodiscard]] Bytes seal(const Key& key, ByteView plain, ByteView about);
[[nodiscard]] std::optional<Bytes> unseal(const Key& key, ByteView sealed, ByteView about);

// Zeros: what was sealed has been written over.
[[nodiscard]] bool is_gone(ByteView sealed);

using Sum = std::array<std::byte, 16>;
[[nodiscard]] Sum keyed_sum(const Key& key, ByteView of);
// What stands for a prefix in the session index: equal for equal prefixes, and says nothing without the master key.
[[nodiscard]] Sum blind(const Key& key, const Prefix& prefix);

}  // namespace postern::store
