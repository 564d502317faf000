// SPDX-License-Identifier: Apache-2.0
#include "store/keyring.h"

#include <algorithm>
#include <fmt/format.h>

#include "store/seal.h"
#include "sys/entropy.h"

namespace postern::store {

namespace {
Bytes about_key(int64_t subject) { return encode(subject); }
}  // namespace

Result<KeyRing::Held> KeyRing::for_writing(model::SubscriberId subject) {
  if (const auto known = current_.find(subject); known != current_.end())
    if (const auto key = keys_.find(known->second); key != keys_.end()) return Held{key->first, key->second};
  const int64_t number_of = subject.value;
  {
    Query row = PN_TRY(database_.query(
        "SELECT key_id FROM subscriber_keys WHERE subject=? ORDER BY key_id DESC LIMIT 1", {number_of}));
    if (PN_TRY(row.next())) {
      const int64_t key_id = row.integer(0);
      const std::optional<Key> key = PN_TRY(find(key_id));
      if (key) {
        current_[subject] = key_id;
        return Held{key_id, *key};
      }
    }
  }
  Held made;
  sys::random_bytes(made.key.bytes);
  const Bytes wrapped = seal(wrap_, made.key.bytes, about_key(number_of));
  made.key_id = PN_TRY(database_.integer("INSERT INTO subscriber_keys(subject, wrapped) VALUES(?, ?) RETURNING key_id",
                                         {number_of, ByteView(wrapped)}));
  remember(made.key_id, made.key);
  current_[subject] = made.key_id;
  return made;
}

Result<std::optional<Key>> KeyRing::find(int64_t key_id) {
  if (const auto known = keys_.find(key_id); known != keys_.end()) return known->second;
  Query row = PN_TRY(database_.query("SELECT subject, wrapped FROM subscriber_keys WHERE key_id=?", {Value(key_id)}));
  if (!PN_TRY(row.next()) || is_gone(row.blob(1))) return std::nullopt;
  const std::optional<Bytes> plain = unseal(wrap_, row.blob(1), about_key(row.integer(0)));
  if (!plain || plain->size() != kKeyBytes)
    return fail(Errc::io, fmt::format("the key {} of subscriber {} does not open", key_id, row.integer(0)), {},
                "the table subscriber_keys is damaged: restore the last backup");
  Key key;
  std::ranges::copy(*plain, key.bytes.begin());
  remember(key_id, key);
  return key;
}

Status KeyRing::destroy(model::SubscriberId subject) {
  forget();
  return database_.run("UPDATE subscriber_keys SET wrapped=zeroblob(length(wrapped)) WHERE subject=?",
                       {number(subject.value)});
}

void KeyRing::forget() {
  current_.clear();
  keys_.clear();
}

void KeyRing::remember(int64_t key_id, const Key& key) {
  if (keys_.size() >= kCachedMax) forget();
  keys_[key_id] = key;
}

}  // namespace postern::store
