// SPDX-License-Identifier: Apache-2.0
// A whole file into memory, with a bound: settings and imports are read once, by a person's command or at start.
#pragma once

#include <string>

#include "base/result.h"

namespace postern::settings {

[[nodiscard]] Result<std::string> read_whole_file(const std::string& path, size_t bytes_max);

}  // namespace postern::settings
