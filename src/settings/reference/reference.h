// SPDX-License-Identifier: Apache-2.0
// What is printed from the tables: the manual page, a JSON schema, and a file with every key. Pure and deterministic:
// docs/ holds copies, and a test compares them.
#pragma once

#include <string>

#include "settings/settings.h"

namespace postern::settings {

// postern.toml(5) in man(7).
[[nodiscard]] std::string manual_page();
// JSON Schema 2020-12, for editors.
[[nodiscard]] std::string json_schema(Names detectors);
// A file that loads, with every key at its default or, where that says too little, an example.
[[nodiscard]] std::string all_keys_file();

}  // namespace postern::settings
