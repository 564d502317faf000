// SPDX-License-Identifier: Apache-2.0
// Answers of the API as people read them. Pure; never prints a control character that came from outside.
#pragma once

#include <string>
#include <vector>

#include "wire/json.h"

namespace postern::cli {

struct Column {
  std::string_view title;
  std::string_view name;  // of the member; lists are joined
};

// Aligned, with a head; "none" when there is nothing. `answer` is {"items": […], "more": bool}.
[[nodiscard]] std::string table(const wire::Json& answer, const std::vector<Column>& columns);
// As table(), in CSV (RFC 4180); a cell that a spreadsheet would take for a formula gets an apostrophe in front, but an
// international telephone number goes out as one: "+49 30 1234567".
[[nodiscard]] std::string csv(const wire::Json& answer, const std::vector<Column>& columns);
// "a=b,c=d" as an object; what has no '=' is a name with an empty value.
[[nodiscard]] wire::Json pairs(std::string_view text);
// "name   value" lines; objects and lists indented under their name.
// Text of others on a terminal: control characters become spaces.
[[nodiscard]] std::string plain(std::string text);
[[nodiscard]] std::string fields(const wire::Json& value);
// The sentence, then one line per step.
[[nodiscard]] std::string explanation(const wire::Json& answer);
[[nodiscard]] std::string who(const wire::Json& answer);
// "postern: where: message (fix)".
[[nodiscard]] std::string error_line(const wire::Json& answer, int status);

}  // namespace postern::cli
