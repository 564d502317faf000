// SPDX-License-Identifier: Apache-2.0
#include "daemon/brain/engine_view.h"

#include "wire/json_convert.h"

namespace postern::daemon {

std::string_view EngineView::class_of_line(model::SubscriberId line) const {
  if (const auto sessions = engine_.sessions_of(line); !sessions.empty()) return engine_.class_of(*sessions.front());
  const model::Subscriber* s = engine_.subscriber(line);
  return s == nullptr || s->class_name.empty() ? std::string_view(engine_.policy().default_class) : s->class_name;
}

wire::Json EngineView::watch(model::SubscriberId line, Time now) const {
  const auto view = engine_.watch(line, now);
  if (!view) return {};
  wire::Json levels = wire::Json::array();
  for (const auto& level : view->levels)
    levels.push(wire::Json::object(
        {{"detector", level.detector}, {"mode", to_string(level.mode)}, {"level_mnat", level.level_mnat}}));
  return wire::Json::object({{"stage", wire::public_name(to_string(view->stage))},
                             {"shadow_stage", wire::public_name(to_string(view->shadow_stage))},
                             {"score_mnat", view->score_mnat},
                             {"first_contacts", view->first_contacts},
                             {"explained", view->explained},
                             {"levels", std::move(levels)}});
}

wire::Json EngineView::account(std::string_view name, Time now) const {
  const model::AccountId id = model::account_id(model::account_name(name));
  const model::Account* known = engine_.account(id);
  const model::Subscriber* owner = engine_.subscriber(engine_.owner_of(id));
  const auto seen = engine_.watch(id, now);
  if (known == nullptr && owner == nullptr && !seen) return {};
  return wire::Json::object({{"owner", owner != nullptr ? owner->key : std::string()},
                             {"state", to_string(known != nullptr ? known->state : model::AccountState::open)},
                             {"seen", seen ? seen->explained : std::string()}});
}

wire::Json EngineView::governor(Time now) const {
  const decide::GovernorView view = engine_.governor(now);
  const model::GovernorRules& rules = engine_.policy().governor;
  wire::Json lines = wire::Json::array();
  for (const std::string& key : rules.protected_lines) lines.push(key);
  return wire::Json::object({{"stopped", view.stopped},
                             {"holding", view.holding},
                             {"over_limit", view.over_limit},
                             {"waiting", static_cast<uint64_t>(view.waiting)},
                             {"restricted", static_cast<uint64_t>(view.held_back)},
                             {"restricted_max", rules.restricted_max},
                             {"disconnected", static_cast<uint64_t>(view.disconnected)},
                             {"disconnected_max", rules.disconnected_max},
                             {"restrictions_last_hour", static_cast<uint64_t>(view.last_hour)},
                             {"restrictions_per_hour", rules.restrictions_per_hour},
                             {"restrictions_per_hour_per_nas", rules.restrictions_per_hour_per_nas},
                             {"two_persons_above", rules.two_persons_above},
                             {"protected_lines", std::move(lines)}});
}

}  // namespace postern::daemon
