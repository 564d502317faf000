// SPDX-License-Identifier: Apache-2.0
#include "decide/casework/governor.h"

#include <algorithm>
#include <fmt/format.h>

namespace postern::decide::casework {

std::optional<std::string> held(const Book& book, const model::Case& c, const Governor& governor, Time now) {
  const model::GovernorRules& rules = *governor.rules;
  const Time hour_ago = now - hours(1);
  if (book.stopped()) return "automation is stopped";
  const bool is_protected = std::ranges::find(rules.protected_lines, governor.line_key) != rules.protected_lines.end();
  if (is_protected && c.approvals.empty())
    return fmt::format("{} is a protected line: needs a person", governor.line_key);
  if (book.held_back() >= rules.restricted_max)
    return fmt::format("{} lines are held back, the most allowed at one time", book.held_back());
  if (book.held_back() >= rules.two_persons_above && c.approvals.size() < 2)
    return fmt::format("more than {} lines are held back: each further one needs two operators, {} agreed",
                       rules.two_persons_above, c.approvals.size());
  if (book.restricted_since(hour_ago) >= rules.restrictions_per_hour)
    return fmt::format("{} restrictions in the last hour, the most allowed", rules.restrictions_per_hour);
  if (!governor.nas.empty() && book.restricted_since(hour_ago, governor.nas) >= rules.restrictions_per_hour_per_nas)
    return fmt::format("{} restrictions on {} in the last hour, the most allowed", rules.restrictions_per_hour_per_nas,
                       governor.nas);
  return std::nullopt;
}

}  // namespace postern::decide::casework
