// SPDX-License-Identifier: Apache-2.0
// postern relay autoconfig: what mail programs and their owners need to know, from the settings: Mozilla's XML, records
// for your zones, or instructions for each common program in the language asked for.
#pragma once

#include <string>
#include <string_view>

#include "cli/local.h"
#include "settings/settings.h"

namespace postern::cli {

// Plain text, lines of at most 76 characters where words allow.
[[nodiscard]] std::string setup_text(const settings::Settings& settings, std::string_view language);

struct Setup {
  std::string what;      // xml, srv, text
  std::string settings;  // postern.toml
  std::string language;  // of the text, BCP 47
};
[[nodiscard]] Printed relay_autoconfig(const Setup& setup);

}  // namespace postern::cli
