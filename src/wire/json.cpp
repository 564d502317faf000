// SPDX-License-Identifier: Apache-2.0
#include "wire/json.h"

#include <algorithm>
#include <fmt/format.h>
#include <jansson.h>
#include <memory>

#include "base/check.h"

namespace postern::wire {

namespace {
constexpr int kPretty = 0;

void write_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else
          out += c;
    }
  }
  out += '"';
}

// level < 0: one line.
void write(std::string& out, const Json& v, int level) {
  const auto new_line = [&](int at) {
    if (level >= 0) out += "\n" + std::string(static_cast<size_t>(at) * 2, ' ');
  };
  const int inner = level < 0 ? level : level + 1;
  const auto list = [&](char open, char close, const auto& elements, auto&& each) {
    out += open;
    bool first = true;
    for (const auto& e : elements) {
      if (!first) out += ',';
      first = false;
      new_line(inner);
      each(e);
    }
    if (!elements.empty()) new_line(level);
    out += close;
  };
  if (const auto* members = v.members())
    list('{', '}', *members, [&](const Json::Member& m) {
      write_string(out, m.name);
      out += level < 0 ? ":" : ": ";
      write(out, m.value, inner);
    });
  else if (const auto* items = v.items())
    list('[', ']', *items, [&](const Json& e) { write(out, e, inner); });
  else if (const auto* s = v.string())
    write_string(out, *s);
  else
    out += v.is_null() ? "null" : v.text();
}

struct Free {
  void operator()(json_t* v) const { json_decref(v); }
};

Result<Json> convert(json_t* v, std::string_view name, size_t depth) {
  if (depth > kJsonDepthMax)
    return fail(Errc::limit, fmt::format("nested deeper than {} levels", kJsonDepthMax), std::string(name));
  switch (json_typeof(v)) {
    case JSON_NULL:
      return Json();
    case JSON_TRUE:
      return Json(true);
    case JSON_FALSE:
      return Json(false);
    case JSON_INTEGER:
      return Json(static_cast<int64_t>(json_integer_value(v)));
    case JSON_STRING:
      return Json(std::string(json_string_value(v), json_string_length(v)));
    case JSON_REAL:
      return fail(Errc::bad_input, fmt::format("{} is not a whole number", json_real_value(v)), std::string(name));
    case JSON_ARRAY: {
      Json::Array out;
      out.reserve(json_array_size(v));
      for (size_t i = 0; i < json_array_size(v); ++i)
        out.push_back(PN_TRY(convert(json_array_get(v, i), name, depth + 1)));
      return Json(std::move(out));
    }
    case JSON_OBJECT: {
      Json::Object out;
      for (void* at = json_object_iter(v); at != nullptr; at = json_object_iter_next(v, at))
        out.push_back({json_object_iter_key(at), PN_TRY(convert(json_object_iter_value(at), name, depth + 1))});
      return Json(std::move(out));
    }
  }
  return Json();
}
}  // namespace

// Here, not in the class: Member is complete only behind it.
Json::Json() = default;
Json::Json(std::nullptr_t) {}
Json::Json(bool v) : value_(v) {}
Json::Json(int v) : value_(int64_t{v}) {}
Json::Json(unsigned v) : value_(int64_t{v}) {}
Json::Json(int64_t v) : value_(v) {}
Json::Json(uint64_t v) : value_(static_cast<int64_t>(v)) {}
Json::Json(const char* v) : value_(std::string(v)) {}
Json::Json(std::string v) : value_(std::move(v)) {}
Json::Json(std::string_view v) : value_(std::string(v)) {}
Json::Json(Array v) : value_(std::move(v)) {}
Json::Json(Object v) : value_(std::move(v)) {}
Json::Json(const Json& o) = default;
Json::Json(Json&& o) noexcept = default;
Json& Json::operator=(const Json& o) = default;
Json& Json::operator=(Json&& o) noexcept = default;
Json::~Json() = default;

Json Json::array() { return {Array{}}; }

Json Json::object(std::initializer_list<std::pair<std::string_view, Json>> members) {
  Object out;
  for (const auto& [name, value] : members) out.push_back({std::string(name), value});
  return {std::move(out)};
}

const Json& Json::operator[](std::string_view name) const {
  static const Json kNull;
  if (const Object* all = members())
    if (const auto found = std::ranges::find(*all, name, &Member::name); found != all->end()) return found->value;
  return kNull;
}

std::string Json::text() const {
  if (const std::string* s = string()) return *s;
  if (const int64_t* n = number()) return std::to_string(*n);
  if (const bool* b = boolean()) return *b ? "true" : "false";
  return is_null() ? "" : dump();
}

void Json::set(std::string_view name, Json value) {
  if (is_null()) value_ = Object{};
  auto* all = std::get_if<Object>(&value_);
  PN_CHECK(all != nullptr);
  const auto found = std::ranges::find(*all, name, &Member::name);
  if (found != all->end())
    found->value = std::move(value);
  else
    all->push_back({std::string(name), std::move(value)});
}

void Json::push(Json value) {
  if (is_null()) value_ = Array{};
  auto* all = std::get_if<Array>(&value_);
  PN_CHECK(all != nullptr);
  all->push_back(std::move(value));
}

std::string Json::dump() const {
  std::string out;
  write(out, *this, -1);
  return out;
}

std::string Json::pretty() const {
  std::string out;
  write(out, *this, kPretty);
  return out + "\n";
}

Result<Json> Json::parse(std::string_view text, std::string_view name, size_t bytes_max) {
  if (text.size() > bytes_max)
    return fail(Errc::limit, fmt::format("{} bytes, at most {} are taken", text.size(), bytes_max), std::string(name));
  // jansson's own nesting bound is far above ours and its parser recurses; brackets are counted before it runs.
  size_t depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\')
      ++i;
    else if (c == '"')
      quoted = !quoted;
    else if (!quoted && (c == '[' || c == '{') && ++depth > kJsonDepthMax)
      return fail(Errc::limit, fmt::format("nested deeper than {} levels", kJsonDepthMax), std::string(name));
    else if (!quoted && (c == ']' || c == '}') && depth > 0)
      --depth;
  }
  json_error_t error{};
  const std::unique_ptr<json_t, Free> root(json_loadb(text.data() != nullptr ? text.data() : "", text.size(),
                                                      JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error));
  if (!root)
    return fail(Errc::bad_input, fmt::format("not JSON: {}", error.text),
                fmt::format("{}:{}:{}", name, error.line, error.column));
  return convert(root.get(), name, 0);
}

bool Json::operator==(const Json& o) const { return value_ == o.value_; }

}  // namespace postern::wire
