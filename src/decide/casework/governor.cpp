// SPDX-License-Identifier: Apache-2.0
#include "decide/casework/governor.h"

#include <algorithm>
#include <fmt/format.h>

namespace postern::decide::casework {
namespace {

// What holds restrictions and disconnections alike; both count as restrictions of the hour.
std::optional<std::string> held_by_rate(const Book& book, const Governor& governor, Time now) {
  const model::GovernorRules& rules = *governor.rules;
  const Time hour_ago = now - hours(1);
  if (book.restricted_since(hour_ago) >= rules.restrictions_per_hour)
    return fmt::format("{} restrictions in the last hour, the most allowed", rules.restrictions_per_hour);
  if (!governor.nas.empty() && book.restricted_since(hour_ago, governor.nas) >= rules.restrictions_per_hour_per_nas)
    return fmt::format("{} restrictions on {} in the last hour, the most allowed", rules.restrictions_per_hour_per_nas,
                       governor.nas);
  return std::nullopt;
}

std::optional<std::string> held_by_person(const Book& book, const model::Case& c, const Governor& governor) {
  const auto& lines = governor.rules->protected_lines;
  if (book.stopped()) return "automation is stopped";
  if (std::ranges::find(lines, governor.line_key) != lines.end() && c.approvals.empty())
    return fmt::format("{} is a protected line: needs a person", governor.line_key);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> held(const Book& book, const model::Case& c, const Governor& governor, Time now) {
  const model::GovernorRules& rules = *governor.rules;
  if (auto why = held_by_person(book, c, governor)) return why;
  if (book.held_back() >= rules.restricted_max)
    return fmt::format("{} lines are held back, the most allowed at one time", book.held_back());
  if (book.held_back() >= rules.two_persons_above && c.approvals.size() < 2)
    return fmt::format("more than {} lines are held back: each further one needs two operators, {} agreed",
                       rules.two_persons_above, c.approvals.size());
  return held_by_rate(book, governor, now);
}

std::optional<std::string> held_plug(const Book& book, const model::Case& c, const Governor& governor,
                                     bool needs_person, Time now) {
  if (auto why = held_by_person(book, c, governor)) return why;
  if (needs_person && c.approvals.empty()) return "pulling the plug needs a person's agreement";
  return held_by_rate(book, governor, now);
}

}  // namespace postern::decide::casework
