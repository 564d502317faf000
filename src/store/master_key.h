// SPDX-License-Identifier: Apache-2.0
// The master key of a journal: 32 random bytes in a file of its own, so that a copy of the database alone opens
// nothing. It wraps the keys of subscribers and of checkpoints and keys the blind index of addresses; each use has a
// subkey derived from it (libsodium crypto_kdf). Losing the file loses all personal data and every checkpoint.
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "base/result.h"

namespace postern::store {

inline constexpr size_t kKeyBytes = 32;

// Key bytes that are wiped when they go.
struct Key {
  std::array<std::byte, kKeyBytes> bytes{};
  Key() = default;
  Key(const Key&) = default;
  Key& operator=(const Key&) = default;
  ~Key();
};

class MasterKey {
 public:
  // Reads `path`, or makes it (mode 0600, synced with its directory) when there is none. Refuses a file of another
  // size and one that others may read.
  [[nodiscard]] static Result<MasterKey> load_or_create(const std::string& path);
  [[nodiscard]] static MasterKey of(const std::array<std::byte, kKeyBytes>& bytes);

  enum class Use : unsigned char { wrap = 1, blind_index = 2, record_sum = 3, identity = 4 };
  [[nodiscard]] Key derive(Use use) const;

 private:
  Key key_;
};

}  // namespace postern::store
