// SPDX-License-Identifier: Apache-2.0
// The only place that reads a clock. Rooms below daemon/ are handed the time.
#pragma once

#include "base/time.h"

namespace postern::sys {

[[nodiscard]] Time now();            // UTC
[[nodiscard]] Duration monotonic();  // since boot; for intervals only

}  // namespace postern::sys
