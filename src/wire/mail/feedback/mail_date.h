// SPDX-License-Identifier: Apache-2.0
// A date-time of mail (RFC 5322 section 3.3, and the zone names of section 4.3): "Fri, 27 Nov 2026 20:00:01 +0100
// (CET)". Nothing where it is not well formed or the zone is not known: a time that may be off by hours is none.
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"

namespace postern::wire {

[[nodiscard]] std::optional<Time> read_mail_date(std::string_view text);

}  // namespace postern::wire
