// SPDX-License-Identifier: Apache-2.0
// A noun says its fields once; the binary codec (base/codec.h), JSON and text output all follow from that.
//   struct Permit { PermitId id; Time expires; PN_FIELDS(id, expires) };
//   PN_ENUM(Outcome, success, failure, unknown)
// The order of PN_FIELDS is the stored order: append only, never reorder (docs/decisions/0003).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#define PN_PARENS ()
#define PN_EXPAND(...) PN_EXPAND4(PN_EXPAND4(PN_EXPAND4(__VA_ARGS__)))
#define PN_EXPAND4(...) PN_EXPAND3(PN_EXPAND3(PN_EXPAND3(__VA_ARGS__)))
#define PN_EXPAND3(...) PN_EXPAND2(PN_EXPAND2(PN_EXPAND2(__VA_ARGS__)))
#define PN_EXPAND2(...) PN_EXPAND1(PN_EXPAND1(PN_EXPAND1(__VA_ARGS__)))
#define PN_EXPAND1(...) __VA_ARGS__
#define PN_EACH(macro, ...) __VA_OPT__(PN_EXPAND(PN_EACH_STEP(macro, __VA_ARGS__)))
#define PN_EACH_STEP(macro, head, ...) macro(head) __VA_OPT__(PN_EACH_AGAIN PN_PARENS(macro, __VA_ARGS__))
#define PN_EACH_AGAIN() PN_EACH_STEP

#define PN_FIELD_VISIT(field) pn_visitor(std::string_view(#field), pn_self.field);
// Gives the struct visit(self, f): f("name", field) for each field in order; self may be const.
#define PN_FIELDS(...)                                                   \
  template <class PnSelf, class PnVisitor>                               \
  static constexpr void visit(PnSelf& pn_self, PnVisitor&& pn_visitor) { \
    PN_EACH(PN_FIELD_VISIT, __VA_ARGS__)                                 \
  }

#define PN_ENUM_NAME(name) std::string_view(#name),
// enum class Name : uint8_t { a, b } with to_string(Name) and Name_from(text); values are stored, so append only.
#define PN_ENUM(Name, ...)                                                                                 \
  enum class Name : uint8_t { __VA_ARGS__ };                                                               \
  inline constexpr std::array pn_names_of_##Name{PN_EACH(PN_ENUM_NAME, __VA_ARGS__)};                      \
  [[maybe_unused]] constexpr size_t pn_enum_size(Name) { return pn_names_of_##Name.size(); }               \
  [[maybe_unused]] constexpr std::string_view to_string(Name v) {                                          \
    return static_cast<size_t>(v) < pn_names_of_##Name.size() ? pn_names_of_##Name[static_cast<size_t>(v)] \
                                                              : std::string_view("?");                     \
  }                                                                                                        \
  [[maybe_unused]] constexpr std::optional<Name> Name##_from(std::string_view text) {                      \
    for (size_t i = 0; i < pn_names_of_##Name.size(); ++i)                                                 \
      if (pn_names_of_##Name[i] == text) return static_cast<Name>(i);                                      \
    return std::nullopt;                                                                                   \
  }

namespace postern {
template <class T>
concept HasFields = requires(T& t) { T::visit(t, [](std::string_view, auto&) {}); };
template <class T>
concept NamedEnum = requires(T v) { pn_enum_size(v); };
}  // namespace postern
