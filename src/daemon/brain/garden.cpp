// SPDX-License-Identifier: Apache-2.0
// What the brain tells the garden's page about the line that asks, and what it makes of a button.
#include <algorithm>

#include "daemon/brain/brain.h"
#include "sys/clock.h"

namespace postern::daemon {

page::CaseFacts Brain::case_facts(const model::Case& c, Time now) {
  page::CaseFacts f{.id = c.id,
                    .state = c.state,
                    .opened = c.opened,
                    .summary = c.summary,
                    .customer = c.customer,
                    .services = c.services,
                    .deadline = c.deadline_at,
                    .confirmed = c.confirmed_at,
                    .kind = c.kind};
  const fold::DaySums today = line_day_.of(c.line, now);
  if (!today.last.empty()) f.last_seen = today.last.front().at;
  if (!model::holds_back(c.state)) return f;
  f.restricted = std::max(c.restricted_at, c.disconnected_at);
  const auto& classes = engine_.policy().classes;
  const auto sessions = engine_.sessions_of(c.line);
  const auto it = classes.find(sessions.empty() ? engine_.policy().default_class
                                                : std::string(engine_.class_of(*sessions.front())));
  if (it == classes.end()) return f;
  const model::CaseRules& rules = it->second.cases;
  if (c.self_releases < rules.self_releases) f.self_releases_left = rules.self_releases - c.self_releases;
  if (c.customer == model::CustomerStatus::says_clean && f.self_releases_left > 0)
    f.release_at = std::max(f.last_seen + rules.release_after, now);
  return f;
}

// Nothing for an address that is nobody's, or several lines'.
const model::Session* Brain::session_of(const IpAddress& asker) const {
  const auto answer = engine_.who(asker, sys::now());
  if (answer.kind != decide::who::Attribution::found || !answer.sessions.front().subscriber) return nullptr;
  return engine_.session(answer.sessions.front().id);
}

void Brain::on_garden(Role from, const GardenAsk& ask) {
  const model::Session* session = session_of(ask.asker);
  if (session == nullptr) return link_.send(from, GardenTold{ask.token, {}});
  ask_usage({from, ask.token, session->subscriber, garden_facts_of(*session)});
}

edge::garden::Facts Brain::garden_facts_of(const model::Session& session) {
  const Time now = sys::now();
  edge::garden::Facts facts;
  const model::SubscriberId line = session.subscriber;
  facts.known = true;
  if (const model::Order* order = engine_.order_of(session.id)) {
    facts.hold = order->hold;
    facts.since = order->since;
  }
  const fold::DaySums today = line_day_.of(line, now);
  facts.blocked_today = today.blocked;
  for (const fold::Attempt& a : today.last) facts.last.push_back({a.at, a.destination, a.port});
  if (const model::Case* open = engine_.open_case_of(line)) facts.case_ = case_facts(*open, now);
  return facts;
}

// Whose line it is the brain says, not the page. From an address that is nobody's, or several lines', nothing is taken
// down, and an answer without facts instead of Settled says so.
void Brain::on_pressed(Role from, const CustomerPressed& pressed) {
  const Time now = sys::now();
  const auto answer = engine_.who(pressed.asker, now);
  if (answer.kind != decide::who::Attribution::found || !answer.sessions.front().subscriber)
    return link_.send(from, GardenTold{pressed.token, {}});
  on_observed(from, {pressed.token, {0, now, model::CustomerSays{answer.sessions.front().subscriber, pressed.what}}});
}

}  // namespace postern::daemon
