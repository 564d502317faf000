// SPDX-License-Identifier: Apache-2.0
// Json: a value. Whole numbers only (there is nothing else in Postern), objects keep the order of their members, text
// is UTF-8. Parsing takes foreign text: bounded in size and depth, duplicate names refused, errors as LINE:COLUMN.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace postern::wire {

inline constexpr size_t kJsonBytesMax = size_t{64} << 20;
inline constexpr size_t kJsonDepthMax = 32;

class Json {
 public:
  struct Member;
  using Array = std::vector<Json>;
  using Object = std::vector<Member>;

  Json();  // null
  Json(std::nullptr_t);
  Json(bool v);
  Json(int v);
  Json(unsigned v);
  Json(int64_t v);
  Json(uint64_t v);
  Json(const char* v);
  Json(std::string v);
  Json(std::string_view v);
  Json(Array v);
  Json(Object v);
  Json(const Json& o);
  Json(Json&& o) noexcept;
  Json& operator=(const Json& o);
  Json& operator=(Json&& o) noexcept;
  ~Json();
  [[nodiscard]] static Json array();
  [[nodiscard]] static Json object(std::initializer_list<std::pair<std::string_view, Json>> members = {});

  [[nodiscard]] bool is_null() const { return value_.index() == 0; }
  [[nodiscard]] const bool* boolean() const { return std::get_if<bool>(&value_); }
  [[nodiscard]] const int64_t* number() const { return std::get_if<int64_t>(&value_); }
  [[nodiscard]] const std::string* string() const { return std::get_if<std::string>(&value_); }
  [[nodiscard]] const Array* items() const { return std::get_if<Array>(&value_); }
  [[nodiscard]] const Object* members() const { return std::get_if<Object>(&value_); }

  // The member of that name; a null value when there is none or this is no object.
  [[nodiscard]] const Json& operator[](std::string_view name) const;
  // Text as people read it: strings bare, null as "".
  [[nodiscard]] std::string text() const;

  void set(std::string_view name, Json value);  // of an object (null becomes one); replaces
  void push(Json value);                        // onto an array (null becomes one)

  [[nodiscard]] std::string dump() const;    // one line
  [[nodiscard]] std::string pretty() const;  // two spaces a level, newline at the end
  // `name` stands for the source in errors ("request body:3:14").
  [[nodiscard]] static Result<Json> parse(std::string_view text, std::string_view name,
                                          size_t bytes_max = kJsonBytesMax);
  bool operator==(const Json&) const;

 private:
  std::variant<std::nullptr_t, bool, int64_t, std::string, Array, Object> value_;
};

struct Json::Member {
  std::string name;
  Json value;
  bool operator==(const Member&) const = default;
};

}  // namespace postern::wire
