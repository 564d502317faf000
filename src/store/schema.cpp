// SPDX-License-Identifier: Apache-2.0
#include "store/schema.h"

#include <fmt/format.h>
#include <iterator>

namespace postern::store {

namespace {
// records.ref is the id of the noun (case, order, session …) the record is about. `sealed` is the personal part.
constexpr const char* kJournal = R"(
CREATE TABLE meta(name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE subscriber_keys(
  key_id INTEGER PRIMARY KEY AUTOINCREMENT, subject INTEGER NOT NULL, wrapped BLOB NOT NULL) STRICT;
CREATE INDEX subscriber_keys_subject ON subscriber_keys(subject);
CREATE TABLE records(
  sequence INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind INTEGER NOT NULL, subject INTEGER NOT NULL,
  ref INTEGER NOT NULL, key_id INTEGER, body BLOB NOT NULL, sealed BLOB, sum BLOB NOT NULL) STRICT;
CREATE INDEX records_subject ON records(subject, sequence);
CREATE INDEX records_ref ON records(kind, ref, sequence);
)";

// Each row says which record holds the newest state; columns are only what queries filter and sort by.
constexpr const char* kProjections = R"(
CREATE TABLE subscribers(id INTEGER PRIMARY KEY, key TEXT NOT NULL, class_name TEXT NOT NULL, erased INTEGER NOT NULL,
  sequence INTEGER NOT NULL) STRICT;
CREATE INDEX subscribers_key ON subscribers(key);
CREATE TABLE sessions(id INTEGER PRIMARY KEY, subscriber INTEGER NOT NULL, since INTEGER NOT NULL,
  until INTEGER NOT NULL, sequence INTEGER NOT NULL) STRICT;
CREATE INDEX sessions_subscriber ON sessions(subscriber, since);
CREATE INDEX sessions_until ON sessions(until);
CREATE TABLE session_prefixes(blind BLOB NOT NULL, session INTEGER NOT NULL, since INTEGER NOT NULL,
  until INTEGER NOT NULL, PRIMARY KEY(blind, session, since)) STRICT, WITHOUT ROWID;
CREATE INDEX session_prefixes_session ON session_prefixes(session);
CREATE TABLE findings(id INTEGER PRIMARY KEY, line INTEGER NOT NULL, stage INTEGER NOT NULL, at INTEGER NOT NULL,
  sequence INTEGER NOT NULL) STRICT;
CREATE INDEX findings_line ON findings(line, id);
CREATE TABLE cases(id INTEGER PRIMARY KEY, line INTEGER NOT NULL, state INTEGER NOT NULL, opened INTEGER NOT NULL,
  changed INTEGER NOT NULL, sequence INTEGER NOT NULL) STRICT;
CREATE INDEX cases_line ON cases(line, id);
CREATE TABLE orders(id INTEGER PRIMARY KEY, subject INTEGER NOT NULL, session INTEGER NOT NULL,
  verdict INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL, sequence INTEGER NOT NULL) STRICT;
CREATE INDEX orders_subject ON orders(subject, id);
CREATE INDEX orders_session ON orders(session, id);
CREATE TABLE receipts(order_id INTEGER NOT NULL, actuator TEXT NOT NULL, state INTEGER NOT NULL, at INTEGER NOT NULL,
  sequence INTEGER NOT NULL, PRIMARY KEY(order_id, actuator)) STRICT, WITHOUT ROWID;
CREATE TABLE permits(id INTEGER PRIMARY KEY, subscriber INTEGER NOT NULL, state INTEGER NOT NULL,
  granted INTEGER NOT NULL, expires INTEGER NOT NULL, sequence INTEGER NOT NULL) STRICT;
CREATE INDEX permits_subscriber ON permits(subscriber, id);
)";

constexpr Migration kMigrations[] = {
    {1, "journal", kJournal, false},
    {2, "projections", kProjections, true},
};
}  // namespace

int schema_version() { return kMigrations[std::size(kMigrations) - 1].number; }

Result<bool> migrate(Database& database, const std::string& path) {
  const int64_t have = PN_TRY(database.integer("PRAGMA user_version"));
  if (have > schema_version())
    return fail(Errc::conflict,
                fmt::format("the journal has schema {}, this posternd knows schemas up to {}", have, schema_version()),
                path, "start the newer posternd that wrote it, or restore a backup made before the upgrade");
  bool rebuild = false;
  for (const Migration& step : kMigrations) {
    if (step.number <= have) continue;
    const Status done = database.transaction([&]() -> Status {
      PN_TRY_VOID(database.script(step.sql));
      return database.script(fmt::format("PRAGMA user_version={}", step.number));
    });
    if (!done) {
      Error e = done.error();
      e.what = fmt::format("migration {} ({}): {}", step.number, step.name, e.what);
      return std::unexpected(std::move(e));
    }
    rebuild = rebuild || step.rebuild;
  }
  return rebuild;
}

}  // namespace postern::store
