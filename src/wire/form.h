// SPDX-License-Identifier: Apache-2.0
// application/x-www-form-urlencoded (WHATWG URL, section 5.1): query strings and posted forms. Foreign text.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace postern::wire {

inline constexpr size_t kFormPairsMax = 64;  // more are left out

// The first value of each name. '+' is a space; a broken escape stays as it is; a name without '=' has an empty value.
[[nodiscard]] std::map<std::string, std::string> form_values(std::string_view form);

}  // namespace postern::wire
