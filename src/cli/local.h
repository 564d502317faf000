// SPDX-License-Identifier: Apache-2.0
// The commands that read files here: check and subscriber import. Text goes to `out`, faults to `faults`.
#pragma once

#include <string>

#include "cli/client.h"

namespace postern::cli {

struct Printed {
  Exit exit = Exit::ok;
  std::string out;
  std::string faults;
};

[[nodiscard]] Printed check(const std::string& settings_file, bool json);
// Reads and checks the whole file, then sends it in parts; nothing is sent while a row is wrong.
[[nodiscard]] Printed import_subscribers(const std::string& socket, const std::string& file, bool json);

}  // namespace postern::cli
