// SPDX-License-Identifier: Apache-2.0
#include "decide/casework/governor.h"

#include <algorithm>
#include <fmt/format.h>

namespace postern::decide::casework {
namespace {

template <class... A>
Held over(fmt::format_string<A...> text, A&&... a) {
  return {fmt::format(text, std::forward<A>(a)...), true};
}

// What holds restrictions and disconnections alike; both count as restrictions of the hour.
std::optional<Held> held_by_rate(const Book& book, const Governor& governor, Time now) {
  const model::GovernorRules& rules = *governor.rules;
  const Time hour_ago = now - hours(1);
  if (book.restricted_since(hour_ago) >= rules.restrictions_per_hour)
    return over("{} restrictions in the last hour, the most allowed", rules.restrictions_per_hour);
  if (!governor.nas.empty() && book.restricted_since(hour_ago, governor.nas) >= rules.restrictions_per_hour_per_nas)
    return over("{} restrictions on {} in the last hour, the most allowed", rules.restrictions_per_hour_per_nas,
                governor.nas);
  return std::nullopt;
}

std::optional<Held> held_by_person(const Book& book, const model::Case& c, const Governor& governor) {
  const auto& lines = governor.rules->protected_lines;
  if (book.stopped()) return Held{"automation is stopped"};
  if (std::ranges::find(lines, governor.line_key) != lines.end() && c.approvals.empty())
    return Held{fmt::format("{} is a protected line: needs a person", governor.line_key)};
  return std::nullopt;
}

}  // namespace

std::optional<Held> held(const Book& book, const model::Case& c, const Governor& governor, Time now) {
  const model::GovernorRules& rules = *governor.rules;
  if (auto why = held_by_person(book, c, governor)) return why;
  if (book.held_back() >= rules.restricted_max)
    return over("{} lines are held back, the most allowed at one time", book.held_back());
  if (book.held_back() >= rules.two_persons_above && c.approvals.size() < 2)
    return over("more than {} lines are held back: each further one needs two operators, {} agreed",
                rules.two_persons_above, c.approvals.size());
  return held_by_rate(book, governor, now);
}

std::optional<Held> held_plug(const Book& book, const model::Case& c, const Governor& governor, bool needs_person,
                              Time now) {
  if (auto why = held_by_person(book, c, governor)) return why;
  if (needs_person && c.approvals.empty()) return Held{"pulling the plug needs a person's agreement"};
  if (book.disconnected() >= governor.rules->disconnected_max)
    return over("{} lines are disconnected, the most allowed at one time", book.disconnected());
  return held_by_rate(book, governor, now);
}

}  // namespace postern::decide::casework
