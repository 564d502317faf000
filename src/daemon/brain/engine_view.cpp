// SPDX-License-Identifier: Apache-2.0
#include "daemon/brain/engine_view.h"

namespace postern::daemon {

wire::Json EngineView::watch(model::SubscriberId line, Time now) const {
  const auto view = engine_.watch(line, now);
  if (!view) return {};
  wire::Json levels = wire::Json::array();
  for (const auto& level : view->levels)
    levels.push(wire::Json::object(
        {{"detector", level.detector}, {"mode", to_string(level.mode)}, {"level_mnat", level.level_mnat}}));
  return wire::Json::object({{"stage", to_string(view->stage)},
                             {"shadow_stage", to_string(view->shadow_stage)},
                             {"score_mnat", view->score_mnat},
                             {"first_contacts", view->first_contacts},
                             {"explained", view->explained},
                             {"levels", std::move(levels)}});
}

}  // namespace postern::daemon
