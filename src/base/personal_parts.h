// SPDX-License-Identifier: Apache-2.0
// has_personal(): whether a value has a Personal part, anywhere in it, that is not erased. Found by its fields, so that
// nobody lists kinds of records by hand and forgets one; a type it cannot look into does not compile.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/fields.h"
#include "base/id.h"
#include "base/ip.h"
#include "base/personal.h"
#include "base/time.h"

namespace postern {

template <class T>
[[nodiscard]] bool has_personal(const T& value);

namespace personal_parts {

template <class T>
inline constexpr bool kUnknown = false;

// What has nothing in it that could be personal by itself.
template <class T>
inline constexpr bool kPlain = std::is_arithmetic_v<T> || std::is_enum_v<T> || std::is_same_v<T, std::byte>;
template <>
inline constexpr bool kPlain<std::string> = true;
template <>
inline constexpr bool kPlain<std::monostate> = true;
template <>
inline constexpr bool kPlain<Time> = true;
template <>
inline constexpr bool kPlain<Duration> = true;
template <>
inline constexpr bool kPlain<IpAddress> = true;
template <>
inline constexpr bool kPlain<Prefix> = true;
template <class Tag, class N>
inline constexpr bool kPlain<Id<Tag, N>> = true;
template <class T>
inline constexpr bool kPlain<std::vector<T>> = kPlain<T>;
template <class T, size_t N>
inline constexpr bool kPlain<std::array<T, N>> = kPlain<T>;

template <class T>
struct Look {
  static bool at(const T& value) {
    if constexpr (HasFields<const T>) {
      bool found = false;
      T::visit(value, [&found](std::string_view, const auto& field) { found = found || has_personal(field); });
      return found;
    } else {
      static_assert(kUnknown<T>, "has_personal() does not know what is in this type: teach it here");
      return true;
    }
  }
};
template <class T>
struct Look<Personal<T>> {
  static bool at(const Personal<T>& value) { return !value.erased; }
};
template <class T>
struct Look<std::optional<T>> {
  static bool at(const std::optional<T>& value) { return value && has_personal(*value); }
};
template <class T>
struct Look<std::vector<T>> {
  static bool at(const std::vector<T>& value) {
    return std::ranges::any_of(value, [](const T& v) { return has_personal(v); });
  }
};
template <class T, size_t N>
struct Look<std::array<T, N>> {
  static bool at(const std::array<T, N>& value) {
    return std::ranges::any_of(value, [](const T& v) { return has_personal(v); });
  }
};
template <class A, class B>
struct Look<std::pair<A, B>> {
  static bool at(const std::pair<A, B>& value) { return has_personal(value.first) || has_personal(value.second); }
};
template <class K, class V>
struct Look<std::map<K, V>> {
  static bool at(const std::map<K, V>& value) {
    return std::ranges::any_of(value, [](const auto& v) { return has_personal(v.first) || has_personal(v.second); });
  }
};
template <class... T>
struct Look<std::variant<T...>> {
  static bool at(const std::variant<T...>& value) {
    return std::visit([](const auto& v) { return has_personal(v); }, value);
  }
};

}  // namespace personal_parts

template <class T>
bool has_personal(const T& value) {
  if constexpr (personal_parts::kPlain<T>) {
    return false;
  } else {
    return personal_parts::Look<T>::at(value);
  }
}

}  // namespace postern
