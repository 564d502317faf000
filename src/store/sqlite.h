// SPDX-License-Identifier: Apache-2.0
// The facade of the SQLite C API, the only user of sqlite3.h: a connection, cached statements, errors as Result with a
// text an operator can use. One connection, one thread. SQL is always a string literal with `?` parameters.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/codec.h"
#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace postern::store {

using Value = std::variant<std::nullptr_t, int64_t, std::string_view, ByteView>;
[[nodiscard]] inline Value number(uint64_t n) { return static_cast<int64_t>(n); }

class Database;

// One running statement; goes back to the cache (or away) when it ends. A row's views live until the next call.
class Query {
 public:
  Query(Query&& o) noexcept;
  Query& operator=(Query&&) = delete;
  ~Query();

  [[nodiscard]] Result<bool> next();  // true: a row is there
  [[nodiscard]] int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] ByteView blob(int column) const;
  [[nodiscard]] bool is_null(int column) const;

 private:
  friend class Database;
  Query(Database& database, sqlite3_stmt* statement, bool* busy)
      : database_(database), statement_(statement), busy_(busy) {}
  Database& database_;
  sqlite3_stmt* statement_;
  bool* busy_;  // of the cache's entry; null: not cached
};

class Database {
 public:
  // Opens or creates `path` and sets: WAL, synchronous=FULL, secure_delete, busy_timeout, cell_size_check.
  [[nodiscard]] static Result<std::unique_ptr<Database>> open(const std::string& path);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  // `sql` must outlive the database (a literal).
  [[nodiscard]] Result<Query> query(std::string_view sql, std::initializer_list<Value> values = {});
  [[nodiscard]] Status run(std::string_view sql, std::initializer_list<Value> values = {});  // rows are dropped
  [[nodiscard]] Status script(const std::string& sql);                                       // many statements
  [[nodiscard]] Result<int64_t> integer(std::string_view sql, std::initializer_list<Value> values = {});
  [[nodiscard]] int64_t changes() const;

  // BEGIN IMMEDIATE, then `work`; COMMIT when it succeeds, else ROLLBACK.
  template <class F>
  [[nodiscard]] Status transaction(F&& work) {
    PN_TRY_VOID(run("BEGIN IMMEDIATE"));
    Status done = work();
    if (done) done = run("COMMIT");
    if (!done) roll_back();
    return done;
  }
  // Moves the write-ahead log into the database and cuts it to nothing, so deleted bytes are gone from both.
  [[nodiscard]] Status empty_log();

 private:
  friend class Query;
  Database(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}
  [[nodiscard]] std::unexpected<Error> error(std::string_view doing, int code) const;
  void roll_back();

  sqlite3* handle_;
  std::string path_;
  struct Cached {
    sqlite3_stmt* statement = nullptr;
    bool busy = false;
  };
  std::map<std::string_view, Cached> cache_;
};

}  // namespace postern::store
