// SPDX-License-Identifier: Apache-2.0
// The journal: an append-only list of model::Record in SQLite (journal.db in its directory). It holds decisions and
// their evidence, never traffic. One process and one thread has it (a lock file says so).
//
// - append() is one transaction; when it returns the records are on the disk (WAL, synchronous=FULL). When it fails,
//   none of them is there and the next append() takes the same sequences.
// - Personal parts are sealed (XChaCha20-Poly1305) under a random key per subscriber, wrapped by the master key.
//   SubscriberErased destroys that key in its transaction; the records stay and decode with Personal<T>::erased.
// - Checkpoints hold the whole engine state, personal data too: they are sealed under a key of their own and only the
//   newest kCheckpointsKept keep their content. SubscriberErased destroys that key as well and empties every checkpoint
//   before it: put a fresh Checkpoint behind it in the same append(), else the next start replays from record 1.
// - Destroyed keys are written over in place and the write-ahead log is emptied before append() returns.
// - Each record carries a keyed sum: a changed one is reported with its number, never decoded.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/record.h"
#include "store/keyring.h"
#include "store/master_key.h"
#include "store/projections.h"
#include "store/sqlite.h"
#include "sys/fd.h"

namespace postern::store {

inline constexpr size_t kCheckpointsKept = 2;

struct Counts {
  uint64_t records = 0;
  uint64_t subscribers = 0;
  uint64_t sessions = 0;
  uint64_t sessions_live = 0;
  uint64_t findings = 0;
  uint64_t cases = 0;
  uint64_t cases_open = 0;
  uint64_t orders = 0;
  uint64_t receipts = 0;
  uint64_t permits = 0;
  uint64_t permits_active = 0;
  bool operator==(const Counts&) const = default;
  PN_FIELDS(records, subscribers, sessions, sessions_live, findings, cases, cases_open, orders, receipts, permits,
            permits_active)
};

// A list by pages, the newest first: `after` is the id of the last one of the page before, 0 for the first page.
struct Page {
  size_t limit = 0;
  uint64_t after = 0;
};
struct Listed {
  std::vector<model::Record> records;
  uint64_t left = 0;  // how many come after these
};

class Journal {
 public:
  // Creates `directory`/journal.db (the directory must exist) or opens it and brings its schema up to date. Refuses: a
  // newer schema, another master key, a second process.
  [[nodiscard]] static Result<Journal> open(const std::string& directory, const MasterKey& master);
  Journal(Journal&&) = default;

  // Gives the records consecutive sequences (written into them) and returns the last one. Empty: last_sequence().
  [[nodiscard]] Result<uint64_t> append(std::span<model::Record> records);
  // All records after `after_sequence`, in order. A gap, a damaged record: an error that names its sequence. A
  // checkpoint that was pruned comes with an empty engine.
  [[nodiscard]] Status for_each(uint64_t after_sequence, const std::function<void(const model::Record&)>& f);
  // The newest checkpoint that opens; a damaged one is logged and the one before it is taken.
  [[nodiscard]] Result<std::optional<model::Record>> newest_checkpoint();
  [[nodiscard]] uint64_t last_sequence() const { return last_; }
  [[nodiscard]] Result<uint64_t> size_bytes() const;  // database and write-ahead log

  // Queries. Each record is the newest state of its thing; lists are newest first, at most `limit`.
  // Sessions that held `address` at some time within [from, to], oldest first.
  [[nodiscard]] Result<std::vector<model::Record>> sessions_of_address(const IpAddress& address, Time from, Time to,
                                                                       size_t limit);
  // 0 = of everybody, by number.
  [[nodiscard]] Result<Listed> sessions_of(model::SubscriberId subscriber, Page page);
  [[nodiscard]] Result<std::vector<model::Record>> records_of(model::SubscriberId subject, size_t limit);
  // `kind` as in model::kind_of ("order"); `ref` is the id of that noun (a receipt: its order's).
  [[nodiscard]] Result<std::optional<model::Record>> newest(std::string_view kind, uint64_t ref);
  [[nodiscard]] Result<std::vector<model::Record>> history(std::string_view kind, uint64_t ref, size_t limit);
  [[nodiscard]] Result<std::optional<model::Record>> record(uint64_t sequence);
  [[nodiscard]] Result<std::optional<model::Record>> subscriber_by_key(std::string_view key);
  [[nodiscard]] Result<std::vector<model::Record>> findings_of(model::SubscriberId line, size_t limit);
  // 0 = of everybody, here and below.
  [[nodiscard]] Result<Listed> cases(model::SubscriberId line, Page page);
  [[nodiscard]] Result<Listed> permits(model::SubscriberId subscriber, Page page);
  [[nodiscard]] Result<std::vector<model::Record>> orders_of(model::SubscriberId subject, size_t limit);
  [[nodiscard]] Result<std::vector<model::Record>> orders_of_session(model::SessionId session, size_t limit);
  [[nodiscard]] Result<std::vector<model::Record>> receipts_of(model::OrderId order);
  [[nodiscard]] Result<Counts> counts();

  // Empties the projections and makes them again from the records, in one transaction.
  [[nodiscard]] Status rebuild_projections();
  // Ends what is past its time (retention.h). Returns how many records lost their personal part.
  [[nodiscard]] Result<uint64_t> expire(Time now);

 private:
  Journal(std::string path, std::unique_ptr<Database> database, const MasterKey& master, sys::Fd lock);
  [[nodiscard]] Status check_identity(const MasterKey& master);
  [[nodiscard]] Status write(const model::Record& record, uint64_t sequence);
  [[nodiscard]] Status erase(model::SubscriberId subscriber);
  [[nodiscard]] Status prune_checkpoints(size_t keep);
  [[nodiscard]] Result<model::Record> read(const Query& row);
  [[nodiscard]] Status read_personal(const Query& row, model::Record& record, ByteView about);
  [[nodiscard]] Result<std::vector<model::Record>> list(std::string_view sql, std::initializer_list<Value> values);
  [[nodiscard]] Result<std::optional<model::Record>> first(std::string_view sql, std::initializer_list<Value> values);
  struct PageSql;
  [[nodiscard]] Result<Listed> list_page(const PageSql& sql, model::SubscriberId owner, Page page);
  void scrub();

  std::string path_;
  sys::Fd lock_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<KeyRing> keys_;
  Projections projections_;
  Key sum_key_;
  uint64_t last_ = 0;
  bool scrub_due_ = false;
};

}  // namespace postern::store
