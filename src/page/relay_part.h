// SPDX-License-Identifier: Apache-2.0
// The part of a page that says what the provider's relay counted of a line and its mail accounts, beside what it takes.
#pragma once

#include "page/facts.h"
#include "page/sheet.h"

namespace postern::page {

// `accept_language`: a header or a language; English if there is none that fits.
void relay_usage(Sheet& sheet, std::string_view accept_language, const RelayUsage& usage);

}  // namespace postern::page
