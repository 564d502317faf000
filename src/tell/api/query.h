// SPDX-License-Identifier: Apache-2.0
// What stands in a request's query, and lists by pages: ?after=ID&limit=N in, {"items", "more", "left", "next"} out.
// Within this room only.
#pragma once

#include <string>
#include <string_view>

#include "tell/api/api.h"

namespace postern::tell::api {

// Taken from the query; empty when it is not there.
[[nodiscard]] std::string in_query(const Request& request, const std::string& name);
[[nodiscard]] Result<uint64_t> whole(std::string_view text, std::string_view where);
[[nodiscard]] Result<store::Page> page_in(const Request& request);

// `last`: the id of the last item, which the next page goes on after.
[[nodiscard]] wire::Json list_answer(wire::Json items, uint64_t left, uint64_t last);

template <class F>
wire::Json list_of(const store::Listed& listed, F&& each) {
  wire::Json items = wire::Json::array();
  for (const model::Record& r : listed.records) items.push(each(r));
  const uint64_t last = listed.records.empty() ? 0 : store::ref_of(listed.records.back().body);
  return list_answer(std::move(items), listed.left, last);
}

// A page of what the engine holds, where ids rise.
class Rising {
 public:
  explicit Rising(store::Page page) : page_(page) {}
  // Whether the one with this id belongs on the page; put() it then.
  [[nodiscard]] bool takes(uint64_t id) {
    if (id <= page_.after) return false;
    if (taken_ == page_.limit) {
      ++left_;
      return false;
    }
    ++taken_;
    last_ = id;
    return true;
  }
  void put(wire::Json item) { items_.push(std::move(item)); }
  [[nodiscard]] wire::Json answer() { return list_answer(std::move(items_), left_, last_); }

 private:
  store::Page page_;
  size_t taken_ = 0;
  uint64_t left_ = 0;
  uint64_t last_ = 0;
  wire::Json items_ = wire::Json::array();
};

}  // namespace postern::tell::api
