// SPDX-License-Identifier: Apache-2.0
// The keys of subscribers: one live key each, random, wrapped by the master key. destroy() is what erasure is: records
// sealed under the key never open again. A subscriber that comes back gets a new key; key ids are never reused.
//
// A destroyed key stays as a row of zeros, written over in place, and rows are only ever added behind the last one:
// SQLite's secure_delete zeroes what is deleted, but moving rows between pages leaves copies of the living, which would
// outlive them (erasure_test shows it when destroy() deletes instead).
#pragma once

#include <optional>
#include <unordered_map>

#include "model/ids.h"
#include "store/master_key.h"
#include "store/sqlite.h"

namespace postern::store {

// The owner of the key that seals checkpoints; an erasure destroys it too.
inline constexpr model::SubscriberId kCheckpoints{0xffff'ffff};

class KeyRing {
 public:
  KeyRing(Database& database, const MasterKey& master)
      : database_(database), wrap_(master.derive(MasterKey::Use::wrap)) {}

  struct Held {
    int64_t key_id = 0;
    Key key;
  };
  // The key of `subject`, made now when there is none. Within a transaction.
  [[nodiscard]] Result<Held> for_writing(model::SubscriberId subject);
  // Nothing: destroyed.
  [[nodiscard]] Result<std::optional<Key>> find(int64_t key_id);
  [[nodiscard]] Status destroy(model::SubscriberId subject);
  // After a roll-back: what was made in it is not there.
  void forget();

 private:
  static constexpr size_t kCachedMax = 65'536;  // then the cache starts anew
  void remember(int64_t key_id, const Key& key);

  Database& database_;
  Key wrap_;
  std::unordered_map<model::SubscriberId, int64_t> current_;
  std::unordered_map<int64_t, Key> keys_;
};

}  // namespace postern::store
