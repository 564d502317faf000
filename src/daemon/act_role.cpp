// SPDX-License-Identifier: Apache-2.0
// The act role: orders that are carried out on the provider's own machines (its mail relay, its gateway, its access
// concentrators). The only role that opens connections; no disk, no capability, no listener. What it was told and has
// not answered the brain tells it again after a restart, so it keeps nothing.
#include <unistd.h>

#include "daemon/bus/channel.h"
#include "daemon/bus/kit.h"
#include "sys/clock.h"
#include "sys/log.h"

namespace postern::daemon {
namespace {

class ActRole {
 public:
  ActRole(WorkerStart start, sys::Loop& loop)
      : kit_(std::move(start.kit)),
        settings_(std::move(start.settings)),
        link_(
            loop, std::move(start.bus), Role::act, [](Role, Message, const std::shared_ptr<sys::Fd>&) {},
            [&loop] { loop.stop(); }) {
    loop.every(seconds(1), [this] { report(); });
  }

 private:
  void report() {
    RoleReport report{.pid = ::getpid(), .at = sys::now()};
    report.facts["settings"] = settings_digest(kit_.settings_text);
    report.counters["messages_dropped_total"] = link_.dropped();
    link_.send(Role::brain, report);
  }

  Kit kit_;
  settings::Settings settings_;
  Link link_;
};

}  // namespace

int run_act(WorkerStart start) {
  sys::Loop loop;
  const ActRole role(std::move(start), loop);
  loop.run();
  return 0;
}

}  // namespace postern::daemon
