// SPDX-License-Identifier: Apache-2.0
// The tables, as numbered migrations; PRAGMA user_version holds the number of the last one applied. Never edit a
// migration that was released: append one. A database with a higher number than ours is refused.
#pragma once

#include "base/result.h"
#include "store/sqlite.h"

namespace postern::store {

struct Migration {
  int number;
  const char* name;
  const char* sql;
  bool rebuild;  // projections must be rebuilt after it
};

[[nodiscard]] int schema_version();
// Brings `database` up to date, each migration in a transaction of its own. True: projections must be rebuilt.
[[nodiscard]] Result<bool> migrate(Database& database, const std::string& path);

}  // namespace postern::store
