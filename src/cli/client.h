// SPDX-License-Identifier: Apache-2.0
// One HTTP request over the unix socket of the API (libcurl), and what comes back.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "wire/json.h"

namespace postern::cli {

// What postern ends with (postern(1)).
enum class Exit : int { ok = 0, no = 1, usage = 2, unreachable = 69, try_again = 75, bad_input = 78 };

struct Call {
  std::string method = "GET";
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;  // empty values are left out
  wire::Json body;
};
struct Reply {
  int status = 0;
  wire::Json body;
};

// Errors: unavailable when nobody answers on `socket`.
[[nodiscard]] Result<Reply> call(const std::string& socket, const Call& what);
[[nodiscard]] Exit exit_of(int http_status);
// Everything but letters, digits and -._~ as %XX.
[[nodiscard]] std::string escaped(std::string_view text);

}  // namespace postern::cli
