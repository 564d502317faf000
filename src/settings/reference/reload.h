// SPDX-License-Identifier: Apache-2.0
// What changes from one settings file to the next, key by key, and whether a running posternd can take it over: each
// key says so in its section's table (Reload). Pure.
#pragma once

#include <string>
#include <vector>

#include "settings/settings.h"
#include "settings/table/key.h"

namespace postern::settings {

struct Change {
  std::string key;  // "gate.pin_dir", "class.business.verdict", "radius_acct.client[2].address"
  Reload reload = Reload::restart;
  std::string before;  // as TOML; empty = was not there
  std::string after;
};

// In the order of their names.
[[nodiscard]] std::vector<Change> changes(const Settings& before, const Settings& after);
// One fault for each that needs a restart: the key, both values, and what to do.
[[nodiscard]] Faults needs_restart(const std::vector<Change>& changes, const std::string& file);

}  // namespace postern::settings
