// SPDX-License-Identifier: Apache-2.0
// What no single key can say about itself. Pure; `root` gives the places for messages.
#pragma once

#include "settings/settings.h"
#include "settings/table/node.h"

namespace postern::settings {

void cross_check(const Settings& settings, const Node& root, Report& report);

}  // namespace postern::settings
