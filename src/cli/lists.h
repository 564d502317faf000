// SPDX-License-Identifier: Apache-2.0
// Lists longer than one answer: pages are asked for one after the other until there are as many as were wanted.
#pragma once

#include "cli/client.h"

namespace postern::cli {

inline constexpr size_t kListDefault = 1'000;
inline constexpr size_t kListMost = 1'000'000;  // of --limit: what is kept in memory here
inline constexpr size_t kPageItems = 10'000;    // the API's most

// The answer as if it were one page: {"items", "more", "left", "next"}. `after`: empty for the beginning. A reply that
// is an error is given as it is.
[[nodiscard]] Result<Reply> call_list(const std::string& socket, Call what, size_t limit, const std::string& after);

}  // namespace postern::cli
