// SPDX-License-Identifier: Apache-2.0
#include "cli/lists.h"

#include <algorithm>

namespace postern::cli {

Result<Reply> call_list(const std::string& socket, Call what, size_t limit, const std::string& after) {
  wire::Json items = wire::Json::array();
  std::string next = after;
  const size_t own = what.query.size();
  for (size_t taken = 0;;) {
    what.query.resize(own);
    what.query.emplace_back("limit", std::to_string(std::min(limit - taken, kPageItems)));
    what.query.emplace_back("after", next);
    Reply page = PN_TRY(call(socket, what));
    const auto* got = page.body["items"].items();
    if (page.status >= 300 || got == nullptr) return page;
    for (const wire::Json& item : *got) items.push(item);
    taken += got->size();
    if (taken < limit && !got->empty() && page.body["more"] == wire::Json(true)) {
      next = page.body["next"].text();
      continue;
    }
    page.body.set("items", std::move(items));
    return page;
  }
}

}  // namespace postern::cli
