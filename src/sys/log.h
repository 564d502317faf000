// SPDX-License-Identifier: Apache-2.0
// The event log: one line per event with a stable id, key=value fields, to standard error (journald adds the rest).
// Repeats of one id are folded: at most kPerMinute lines per id and minute, then a count, so a flood outside is not a
// flood here.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace postern::sys {

enum class Level : unsigned char { debug, info, warning, error };

// component = the room ("gate", "radius_acct"); id = "GATE_TABLE_FULL"; never raw foreign bytes in a value.
void log(Level level, std::string_view component, std::string_view id, std::string_view text,
         std::initializer_list<std::pair<std::string_view, std::string>> fields = {});

inline constexpr int kPerMinute = 20;

// The role name printed with every line; set once at start.
void set_log_role(std::string_view role);

}  // namespace postern::sys
