// SPDX-License-Identifier: Apache-2.0
// Nouns to JSON and back by their PN_FIELDS: enums by name, times as RFC 3339, durations as "10m", addresses and
// prefixes as text, no id and no time as null, erased personal data as null. A trailing underscore of a C++ name is
// dropped. from_json takes foreign values: a missing member keeps its default, an unknown one is an error that names
// it.
#pragma once

#include <fmt/format.h>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/codec.h"
#include "wire/json.h"

namespace postern::wire {

[[nodiscard]] constexpr std::string_view public_name(std::string_view name) {
  return name.ends_with('_') ? name.substr(0, name.size() - 1) : name;
}

class JsonWriter {
 public:
  template <class T>
  [[nodiscard]] static Json of(const T& v) {
    if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, std::string>) {
      return Json(v);
    } else if constexpr (std::is_integral_v<T>) {
      return Json(static_cast<int64_t>(v));
    } else if constexpr (NamedEnum<T>) {
      return Json(public_name(to_string(v)));
    } else if constexpr (HasFields<T>) {
      Json out = Json::object();
      T::visit(v, [&](std::string_view name, const auto& field) { out.set(public_name(name), of(field)); });
      return out;
    } else {
      return known(v);
    }
  }

 private:
  template <class Tag, class N>
  static Json known(const Id<Tag, N>& v) {
    return v ? Json(static_cast<uint64_t>(v.value)) : Json();
  }
  static Json known(const Time& v) { return v ? Json(to_string(v)) : Json(); }
  static Json known(const Duration& v) { return to_string(v); }
  static Json known(const IpAddress& v) { return v ? Json(to_string(v)) : Json(); }
  static Json known(const Prefix& v) { return v.address ? Json(to_string(v)) : Json(); }
  static Json known(const Bytes& v) { return fmt::format("{} bytes", v.size()); }
  template <class T>
  static Json known(const std::vector<T>& v) {
    Json out = Json::array();
    for (const T& e : v) out.push(of(e));
    return out;
  }
  template <class V>
  static Json known(const std::map<std::string, V>& v) {
    Json out = Json::object();
    for (const auto& [name, value] : v) out.set(name, of(value));
    return out;
  }
  template <class T>
  static Json known(const std::optional<T>& v) {
    return v ? of(*v) : Json();
  }
  template <class... T>
  static Json known(const std::variant<T...>& v) {
    return std::visit([](const auto& x) { return of(x); }, v);
  }
  static Json known(const std::monostate&) { return {}; }
  template <class T>
  static Json known(const Personal<T>& v) {
    return v.erased ? Json() : of(v.value);
  }
};

template <class T>
[[nodiscard]] Json to_json(const T& v) {
  return JsonWriter::of(v);
}
class JsonReader {
 public:
  // `where` is the path of `from` in errors: "rows[3].prefixes".
  template <class T>
  [[nodiscard]] static Status into(T& v, const Json& from, const std::string& where) {
    if constexpr (std::is_same_v<T, bool>) {
      if (from.boolean() == nullptr) return wrong(where, "true or false");
      v = *from.boolean();
    } else if constexpr (std::is_same_v<T, std::string>) {
      if (from.string() == nullptr) return wrong(where, "a text");
      v = *from.string();
    } else if constexpr (std::is_integral_v<T>) {
      return number(v, from, where);
    } else if constexpr (NamedEnum<T>) {
      return named(v, from, where);
    } else if constexpr (HasFields<T>) {
      return fields(v, from, where);
    } else {
      return known(v, from, where);
    }
    return {};
  }

 private:
  static std::unexpected<Error> wrong(const std::string& where, std::string_view wanted) {
    return fail(Errc::bad_input, fmt::format("this must be {}", wanted), where);
  }
  template <class N>
  static Status number(N& v, const Json& from, const std::string& where) {
    const int64_t* n = from.number();
    const bool fits = n != nullptr &&
                      *n >= static_cast<int64_t>(std::is_signed_v<N> ? std::numeric_limits<N>::min() : 0) &&
                      (sizeof(N) == 8 || *n <= static_cast<int64_t>(std::numeric_limits<N>::max()));
    if (!fits) return wrong(where, "a whole number in range");
    v = static_cast<N>(*n);
    return {};
  }
  template <class E>
  static Status named(E& v, const Json& from, const std::string& where) {
    std::string all;
    for (size_t i = 0; i < pn_enum_size(v); ++i) {
      const auto one = static_cast<E>(i);
      if (from.string() != nullptr && *from.string() == public_name(to_string(one))) {
        v = one;
        return {};
      }
      all += (i == 0 ? "" : ", ") + std::string(public_name(to_string(one)));
    }
    return wrong(where, "one of " + all);
  }
  template <class T>
  static Status fields(T& v, const Json& from, const std::string& where) {
    if (from.members() == nullptr) return wrong(where, "an object");
    size_t taken = 0;
    Status done;
    std::string known_names;
    T::visit(v, [&](std::string_view raw, auto& field) {
      const std::string name(public_name(raw));
      known_names += (known_names.empty() ? "" : ", ") + name;
      for (const Json::Member& m : *from.members())
        if (m.name == name) {
          ++taken;
          if (done && !m.value.is_null()) done = into(field, m.value, fmt::format("{}.{}", where, name));
        }
    });
    if (done && taken != from.members()->size())
      return fail(Errc::bad_input, "it has a member that is not known", where, "known are: " + known_names);
    return done;
  }
  template <class Tag, class N>
  static Status known(Id<Tag, N>& v, const Json& from, const std::string& where) {
    return number(v.value, from, where);
  }
  template <class T, class Parse>
  static Status parsed(T& v, const Json& from, const std::string& where, Parse&& parse, std::string_view wanted) {
    if (from.string() == nullptr) return wrong(where, wanted);
    auto value = parse(*from.string());
    if (!value) return fail(Errc::bad_input, value.error().what, where, value.error().fix);
    v = *value;
    return {};
  }
  static Status known(Time& v, const Json& from, const std::string& where) {
    return parsed(v, from, where, parse_time, "a time, \"2026-11-22T18:21:12Z\"");
  }
  static Status known(Duration& v, const Json& from, const std::string& where) {
    return parsed(v, from, where, parse_duration, "a duration, \"10m\"");
  }
  static Status known(IpAddress& v, const Json& from, const std::string& where) {
    return parsed(v, from, where, parse_ip, "an address");
  }
  static Status known(Prefix& v, const Json& from, const std::string& where) {
    return parsed(v, from, where, parse_prefix, "a prefix, \"192.0.2.0/24\"");
  }
  template <class T>
  static Status known(std::vector<T>& v, const Json& from, const std::string& where) {
    if (from.items() == nullptr) return wrong(where, "a list");
    v.clear();
    for (const Json& e : *from.items()) {
      const std::string place = fmt::format("{}[{}]", where, v.size());
      PN_TRY_VOID(into(v.emplace_back(), e, place));
    }
    return {};
  }
  template <class T>
  static Status known(Personal<T>& v, const Json& from, const std::string& where) {
    return into(v.value, from, where);
  }
};

template <class T>
[[nodiscard]] Result<T> from_json(const Json& from, const std::string& where) {
  T value{};
  PN_TRY_VOID(JsonReader::into(value, from, where));
  return value;
}

}  // namespace postern::wire
