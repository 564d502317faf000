// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite.h"

#include <cerrno>
#include <fmt/format.h>
#include <sqlite3.h>

#include "base/check.h"

namespace postern::store {

namespace {
constexpr int kBusyTimeoutMs = 5'000;

int bind(sqlite3_stmt* statement, int at, const Value& value) {
  if (const auto* n = std::get_if<int64_t>(&value)) return sqlite3_bind_int64(statement, at, *n);
  if (const auto* s = std::get_if<std::string_view>(&value))
    return sqlite3_bind_text64(statement, at, s->data() != nullptr ? s->data() : "", s->size(), SQLITE_TRANSIENT,
                               SQLITE_UTF8);
  if (const auto* b = std::get_if<ByteView>(&value)) {
    if (b->empty()) return sqlite3_bind_zeroblob(statement, at, 0);
    return sqlite3_bind_blob64(statement, at, b->data(), b->size(), SQLITE_TRANSIENT);
  }
  return sqlite3_bind_null(statement, at);
}
}  // namespace

Query::Query(Query&& o) noexcept
    : database_(o.database_), statement_(std::exchange(o.statement_, nullptr)), busy_(o.busy_) {}

Query::~Query() {
  if (statement_ == nullptr) return;
  if (busy_ == nullptr) {
    sqlite3_finalize(statement_);
    return;
  }
  *busy_ = false;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Result<bool> Query::next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return database_.error(sqlite3_sql(statement_), code);
}

int64_t Query::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string Query::text(int column) const {
  const auto* p = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return p == nullptr ? std::string{} : std::string(p, static_cast<size_t>(sqlite3_column_bytes(statement_, column)));
}

ByteView Query::blob(int column) const {
  const auto* p = static_cast<const std::byte*>(sqlite3_column_blob(statement_, column));
  if (p == nullptr) return {};
  return {p, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

bool Query::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

Result<std::unique_ptr<Database>> Database::open(const std::string& path) {
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<Database> database(new Database(handle, path));
  if (code != SQLITE_OK) return database->error("open", code);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  PN_TRY_VOID(
      database->script("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
                       "PRAGMA temp_store=MEMORY; PRAGMA cell_size_check=ON; PRAGMA foreign_keys=ON;"
                       "PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-32768;"));
  return database;
}

Database::~Database() {
  for (auto& [sql, cached] : cache_) sqlite3_finalize(cached.statement);
  sqlite3_close_v2(handle_);
}

Result<Query> Database::query(std::string_view sql, std::initializer_list<Value> values) {
  Cached& cached = cache_[sql];
  // The same statement twice at once (a query within a loop over itself) gets a copy of its own.
  const bool own = cached.busy;
  sqlite3_stmt* statement = own ? nullptr : cached.statement;
  if (statement == nullptr) {
    const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                        own ? 0 : SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) {
      if (!own) cache_.erase(sql);
      return error(sql, code);
    }
  }
  if (!own) cached = {statement, true};
  Query query(*this, statement, own ? nullptr : &cached.busy);
  int at = 0;
  for (const Value& value : values)
    if (const int code = bind(statement, ++at, value); code != SQLITE_OK) return error(sql, code);
  PN_CHECK(at == sqlite3_bind_parameter_count(statement));
  return query;
}

Status Database::run(std::string_view sql, std::initializer_list<Value> values) {
  Query q = PN_TRY(query(sql, values));
  while (PN_TRY(q.next())) {
  }
  return {};
}

Status Database::script(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(sql.substr(0, sql.find('(')), code);
  return {};
}

Result<int64_t> Database::integer(std::string_view sql, std::initializer_list<Value> values) {
  Query q = PN_TRY(query(sql, values));
  if (!PN_TRY(q.next())) return fail(Errc::not_found, "no row", path_);
  return q.integer(0);
}

int64_t Database::changes() const { return sqlite3_changes64(handle_); }

Status Database::empty_log() {
  const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if (code != SQLITE_OK) return error("wal_checkpoint(TRUNCATE)", code);
  return {};
}

void Database::roll_back() {
  // Some errors (disk full, I/O) have rolled back already.
  if (sqlite3_get_autocommit(handle_) == 0) sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

std::unexpected<Error> Database::error(std::string_view doing, int code) const {
  const char* said = handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
  const std::string first(doing.substr(0, doing.find_first_of(" \n(")));
  const int os = handle_ != nullptr ? sqlite3_system_errno(handle_) : 0;
  // The write-ahead log's index and fsync say a full disk so.
  const bool full = (code & 0xff) == SQLITE_IOERR && (os == ENOSPC || os == EDQUOT);
  switch (full ? SQLITE_FULL : code & 0xff) {
    case SQLITE_FULL:
      return fail(Errc::limit, "the disk is full, nothing was written", path_, "free space or grow the file system");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return fail(Errc::io, fmt::format("the journal is damaged: {}", said), path_,
                  "stop posternd, keep a copy of the directory, then restore the last backup");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return fail(Errc::unavailable, "another process holds the journal", path_,
                  "close other programs that have it open");
    case SQLITE_CANTOPEN:
      return fail(Errc::io, fmt::format("cannot open the journal: {}", said), path_,
                  "check that the directory exists and belongs to the user posternd runs as");
    case SQLITE_READONLY:
      return fail(Errc::denied, fmt::format("the journal cannot be written: {}", said), path_,
                  "check owner and mode of the directory and its files");
    default:
      return fail(Errc::io, fmt::format("{}: {}", first, said), path_);
  }
}

}  // namespace postern::store
