// SPDX-License-Identifier: Apache-2.0
// Strong ids: an OrderId is never a CaseId. Value 0 means "none" everywhere.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace postern {

template <class Tag, class Number>
struct Id {
  using number_type = Number;
  Number value = 0;
  [[nodiscard]] constexpr explicit operator bool() const { return value != 0; }
  constexpr auto operator<=>(const Id&) const = default;
};

}  // namespace postern

template <class Tag, class Number>
struct std::hash<postern::Id<Tag, Number>> {
  size_t operator()(const postern::Id<Tag, Number>& id) const noexcept { return std::hash<Number>{}(id.value); }
};
