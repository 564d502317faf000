// SPDX-License-Identifier: Apache-2.0
#include "store/journal.h"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/file.h>

#include "base/personal_parts.h"
#include "store/columns.h"
#include "store/schema.h"
#include "store/seal.h"
#include "sys/log.h"

namespace postern::store {

namespace {
template <class T>
constexpr int64_t kKindOf = [] {
  int64_t at = -1;
  int64_t i = 0;
  [&]<class... A>(std::type_identity<std::variant<A...>>) {
    ((std::is_same_v<A, T> ? at = i++ : i++), ...);
  }(std::type_identity<model::RecordBody>{});
  return at;
}();
constexpr int64_t kCheckpoint = kKindOf<model::Checkpoint>;
constexpr int64_t kSession = kKindOf<model::SessionChanged>;

// What a sealed part is bound to.
Bytes about_record(uint64_t sequence, int64_t kind, model::SubscriberId subject) {
  Bytes out;
  Encoder encoder(out);
  encoder.put(sequence);
  encoder.put(kind);
  encoder.put(subject);
  return out;
}

Sum sum_of(const Key& key, ByteView about, Time at, int64_t ref, ByteView body) {
  Bytes all(about.begin(), about.end());
  Encoder encoder(all);
  encoder.put(at);
  encoder.put(ref);
  encoder.raw(body.data(), body.size());
  return keyed_sum(key, all);
}

Result<sys::Fd> lock_directory(const std::string& directory) {
  const std::string path = directory + "/journal.lock";
  sys::Fd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock) return fail_errno("open " + path);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(Errc::conflict, "another posternd has this journal", directory, "stop it first");
  return lock;
}
}  // namespace

Journal::Journal(std::string path, std::unique_ptr<Database> database, const MasterKey& master, sys::Fd lock)
    : path_(std::move(path)),
      lock_(std::move(lock)),
      database_(std::move(database)),
      keys_(std::make_unique<KeyRing>(*database_, master)),
      projections_(*database_, master),
      sum_key_(master.derive(MasterKey::Use::record_sum)) {}

Result<Journal> Journal::open(const std::string& directory, const MasterKey& master) {
  sys::Fd lock = PN_TRY(lock_directory(directory));
  const std::string path = directory + "/journal.db";
  // Made by us before SQLite would, for the mode; the log takes it over.
  if (const sys::Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)); !file)
    return fail_errno("open " + path);
  Journal journal(path, PN_TRY(Database::open(path)), master, std::move(lock));
  const bool rebuild = PN_TRY(migrate(*journal.database_, path));
  PN_TRY_VOID(journal.check_identity(master));
  journal.last_ =
      static_cast<uint64_t>(PN_TRY(journal.database_->integer("SELECT coalesce(max(sequence), 0) FROM records")));
  if (rebuild) PN_TRY_VOID(journal.rebuild_projections());
  // A crash may have come between an erasure and the emptying of the log.
  PN_TRY_VOID(journal.database_->empty_log());
  return journal;
}

Status Journal::check_identity(const MasterKey& master) {
  const Sum mine = keyed_sum(master.derive(MasterKey::Use::identity), {});
  Query row = PN_TRY(database_->query("SELECT value FROM meta WHERE name='identity'"));
  if (!PN_TRY(row.next())) return database_->run("INSERT INTO meta VALUES('identity', ?)", {ByteView(mine)});
  if (!std::ranges::equal(row.blob(0), mine))
    return fail(Errc::denied, "master.key is not the key of this journal", path_,
                "put back the master.key that was there when the journal was made");
  return {};
}

Result<uint64_t> Journal::append(std::span<model::Record> records) {
  if (records.empty()) return last_;
  bool erased = false;
  bool checkpoint = false;
  const Status done = database_->transaction([&]() -> Status {
    uint64_t sequence = last_;
    for (const model::Record& record : records) {
      PN_TRY_VOID(write(record, ++sequence));
      erased = erased || std::holds_alternative<model::SubscriberErased>(record.body);
      checkpoint = checkpoint || std::holds_alternative<model::Checkpoint>(record.body);
    }
    return checkpoint ? prune_checkpoints(kCheckpointsKept) : Status{};
  });
  if (!done) {
    keys_->forget();
    return std::unexpected(done.error());
  }
  for (model::Record& record : records) record.sequence = ++last_;
  if (erased || scrub_due_) scrub();
  return last_;
}

Status Journal::write(const model::Record& record, uint64_t sequence) {
  const auto kind = static_cast<int64_t>(record.body.index());
  const auto ref = static_cast<int64_t>(ref_of(record.body));
  const Bytes about = about_record(sequence, kind, record.subject);
  Bytes body;
  Bytes sealed;
  Value key_id = nullptr;
  Bytes personal;
  const auto* checkpoint = std::get_if<model::Checkpoint>(&record.body);
  if (checkpoint == nullptr) Encoder(body, &personal).put(record.body);
  if (checkpoint != nullptr || has_personal(record.body)) {
    const KeyRing::Held held = PN_TRY(keys_->for_writing(checkpoint != nullptr ? kCheckpoints : record.subject));
    sealed = seal(held.key, checkpoint != nullptr ? checkpoint->engine : personal, about);
    key_id = held.key_id;
  }
  const Sum sum = sum_of(sum_key_, about, record.at, ref, body);
  PN_TRY_VOID(
      database_->run("INSERT INTO records VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
                     {number(sequence), record.at.us, kind, number(record.subject.value), ref, key_id, ByteView(body),
                      sealed.empty() ? Value(nullptr) : Value(ByteView(sealed)), ByteView(sum)}));
  if (const auto* gone = std::get_if<model::SubscriberErased>(&record.body)) PN_TRY_VOID(erase(gone->subscriber));
  return projections_.apply(record, sequence);
}

Status Journal::erase(model::SubscriberId subscriber) {
  PN_TRY_VOID(keys_->destroy(subscriber));
  // Sessions from before an import knew the line were sealed as nobody's.
  PN_TRY_VOID(
      database_->run("UPDATE records SET sealed=zeroblob(length(sealed)) WHERE kind=?1 AND subject<>?2 AND sealed IS "
                     "NOT NULL AND ref IN"
                     " (SELECT id FROM sessions WHERE subscriber=?2)",
                     {Value(kSession), number(subscriber.value)}));
  PN_TRY_VOID(keys_->destroy(kCheckpoints));
  return prune_checkpoints(0);
}

Status Journal::prune_checkpoints(size_t keep) {
  return database_->run(
      "UPDATE records SET sealed=NULL WHERE kind=?1 AND ref=0 AND sealed IS NOT NULL AND sequence NOT IN"
      " (SELECT sequence FROM records WHERE kind=?1 AND ref=0 AND sealed IS NOT NULL ORDER BY sequence DESC LIMIT ?2)",
      {Value(kCheckpoint), number(keep)});
}

void Journal::scrub() {
  const Status done = database_->empty_log();
  scrub_due_ = !done;
  if (!done)
    sys::log(sys::Level::warning, "store", "STORE_SCRUB_DUE", "erased bytes are still in the write-ahead log",
             {{"why", done.error().text()}});
}

Result<model::Record> Journal::read(const Query& row) {
  model::Record record;
  record.sequence = static_cast<uint64_t>(row.integer(0));
  record.at = Time{row.integer(1)};
  record.subject.value = static_cast<uint32_t>(row.integer(3));
  const int64_t kind = row.integer(2);
  const Bytes about = about_record(record.sequence, kind, record.subject);
  const Sum sum = sum_of(sum_key_, about, record.at, row.integer(4), row.blob(6));
  if (!std::ranges::equal(sum, row.blob(8)))
    return fail(Errc::io, fmt::format("record {} is damaged", record.sequence), path_,
                "stop posternd, keep a copy of the directory, then restore the last backup");
  PN_TRY_VOID(read_personal(row, record, about));
  return record;
}

Status Journal::read_personal(const Query& row, model::Record& record, ByteView about) {
  std::optional<Bytes> opened;
  if (!row.is_null(7) && !is_gone(row.blob(7))) {
    if (const std::optional<Key> key = PN_TRY(keys_->find(row.integer(5)))) {
      opened = unseal(*key, row.blob(7), about);
      if (!opened)
        return fail(Errc::io, fmt::format("the sealed part of record {} does not open", record.sequence), path_,
                    "stop posternd, keep a copy of the directory, then restore the last backup");
    }
  }
  Bytes personal = opened ? std::move(*opened) : Bytes{};
  if (row.integer(2) == kCheckpoint) {
    record.body = model::Checkpoint{std::move(personal)};
    return {};
  }
  Decoder decoder(row.blob(6), personal);
  decoder.get(record.body);
  if (!decoder.done() || static_cast<int64_t>(record.body.index()) != row.integer(2))
    return fail(Errc::bad_input, fmt::format("record {} does not decode", record.sequence), path_,
                "it was written by another version: start the posternd that wrote it");
  return {};
}

Status Journal::for_each(uint64_t after_sequence, const std::function<void(const model::Record&)>& f) {
  Query rows =
      PN_TRY(database_->query(PN_SELECT_RECORDS "WHERE r.sequence>? ORDER BY r.sequence", {number(after_sequence)}));
  uint64_t expected = after_sequence;
  while (PN_TRY(rows.next())) {
    const model::Record record = PN_TRY(read(rows));
    if (record.sequence != ++expected)
      return fail(Errc::io,
                  fmt::format("the journal has a gap: record {} is missing, {} follows", expected, record.sequence),
                  path_, "stop posternd, keep a copy of the directory, then restore the last backup");
    f(record);
  }
  return {};
}

Result<std::optional<model::Record>> Journal::newest_checkpoint() {
  Query rows = PN_TRY(database_->query(PN_SELECT_RECORDS
                                       "WHERE r.kind=? AND r.ref=0 AND r.sealed IS NOT NULL ORDER BY r.sequence DESC",
                                       {Value(kCheckpoint)}));
  while (PN_TRY(rows.next())) {
    Result<model::Record> record = read(rows);
    if (record) return std::move(*record);
    sys::log(sys::Level::error, "store", "STORE_CHECKPOINT_DAMAGED", "a checkpoint is passed over",
             {{"why", record.error().text()}});
  }
  return std::nullopt;
}

Result<uint64_t> Journal::size_bytes() const {
  uint64_t total = 0;
  for (const char* suffix : {"", "-wal"}) {
    std::error_code code;
    const auto size = std::filesystem::file_size(path_ + suffix, code);
    if (!code) total += size;
  }
  return total;
}

Status Journal::rebuild_projections() {
  return database_->transaction([&]() -> Status {
    PN_TRY_VOID(projections_.clear());
    Status applied;
    PN_TRY_VOID(for_each(0, [&](const model::Record& record) {
      if (applied) applied = projections_.apply(record, record.sequence);
    }));
    return applied;
  });
}

}  // namespace postern::store
