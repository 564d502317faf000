// SPDX-License-Identifier: Apache-2.0
#include "tell/api/query.h"

#include <charconv>
#include <fmt/format.h>

namespace postern::tell::api {

std::string in_query(const Request& request, const std::string& name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? std::string() : found->second;
}

Result<uint64_t> whole(std::string_view text, std::string_view where) {
  uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size() || n > INT64_MAX)
    return fail(Errc::bad_input, "this must be a whole number", std::string(where));
  return n;
}

Result<store::Page> page_in(const Request& request) {
  store::Page page{.limit = kListDefault};
  if (const std::string text = in_query(request, "limit"); !text.empty()) {
    page.limit = PN_TRY(whole(text, "limit"));
    if (page.limit == 0 || page.limit > kListMax)
      return fail(Errc::bad_input, fmt::format("limit is 1 to {}", kListMax), "limit",
                  "ask for the next page with after=");
  }
  if (const std::string text = in_query(request, "after"); !text.empty()) page.after = PN_TRY(whole(text, "after"));
  return page;
}

wire::Json list_answer(wire::Json items, uint64_t left, uint64_t last) {
  return wire::Json::object({{"items", std::move(items)},
                             {"more", left > 0},
                             {"left", left},
                             {"next", left > 0 ? wire::Json(last) : wire::Json()}});
}

}  // namespace postern::tell::api
