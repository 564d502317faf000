// SPDX-License-Identifier: Apache-2.0
// The commands that read files here: check and subscriber import. Text goes to `out`, faults to `faults`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/client.h"

namespace postern::cli {

struct Printed {
  Exit exit = Exit::ok;
  std::string out;
  std::string faults;
};

// Those of this build.
[[nodiscard]] std::vector<std::string_view> detector_names();
// `subscriber_file`: empty, or a file for import, which is then read as if with these settings.
[[nodiscard]] Printed check(const std::string& settings_file, const std::string& subscriber_file, bool json);
// Reads and checks the whole file, then sends it in parts; nothing is sent while a row is wrong. Each part is taken
// whole or not at all. Where it stops on the way, it says which rows are in; the same call again continues, because
// rows that are in change nothing.
[[nodiscard]] Printed import_subscribers(const std::string& socket, const std::string& file, bool json);

}  // namespace postern::cli
