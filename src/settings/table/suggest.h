// SPDX-License-Identifier: Apache-2.0
// The name somebody meant, for "did you mean". Pure; names are short (a key, a section, a class).
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace postern::settings {

// The closest of `known` within a third of the length in edits (swapped neighbours count as one), or empty.
[[nodiscard]] std::string_view nearest(std::string_view name, std::span<const std::string_view> known);
// "did you mean \"lines_max\"?" or, without a close one, "known: a, b, c".
[[nodiscard]] std::string suggestion(std::string_view name, std::span<const std::string_view> known);

}  // namespace postern::settings
