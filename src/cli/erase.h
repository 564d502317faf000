// SPDX-License-Identifier: Apache-2.0
// postern subscriber erase: says what will be gone and what stays, asks, and erases.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cli/local.h"

namespace postern::cli {

// Shows the text and gives what was typed; nothing when nobody is there to ask.
using Ask = std::function<std::optional<std::string>(const std::string& text)>;

// What erasing the subscriber of `shown` (GET /v1/subscribers/KEY) does, for people.
[[nodiscard]] std::string what_erasing_does(const wire::Json& shown);
// `ask` empty: was given --yes.
[[nodiscard]] Printed erase_subscriber(const std::string& socket, const std::string& key, const Ask& ask, bool json);

}  // namespace postern::cli
