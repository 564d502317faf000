// SPDX-License-Identifier: Apache-2.0
// Blocklists in the act role: settings in, listings of lines to the brain, alarms and what there is to show.
#pragma once

#include <functional>
#include <memory>

#include "daemon/bus/message.h"
#include "observe/reputation/reputation.h"
#include "settings/settings.h"

namespace postern::daemon {

class Blocklists {
 public:
  using Emit = std::function<void(model::Observation)>;

  Blocklists(const settings::Settings& settings, sys::Loop& loop, Emit emit);
  void report(RoleReport& report) const;

 private:
  std::unique_ptr<sys::Resolver> resolver_;
  std::unique_ptr<observe::reputation::Reputation> reputation_;  // none: no list is named
};

}  // namespace postern::daemon
