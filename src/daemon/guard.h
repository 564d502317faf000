// SPDX-License-Identifier: Apache-2.0
// The static guard as the settings want it: at boot (`posternd --guard-only`), before the first role starts, after a
// reload. The gate role keeps it there.
#pragma once

#include "gate/guard.h"
#include "settings/settings.h"

namespace postern::daemon {

[[nodiscard]] gate::Guard guard_of(const settings::Settings& settings);

// Loads it, or, with gate.guard = false, takes out one that an earlier start left. Needs CAP_NET_ADMIN.
[[nodiscard]] Status bring_guard(const settings::Settings& settings);

}  // namespace postern::daemon
