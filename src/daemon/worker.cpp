// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <linux/capability.h>
#include <unistd.h>

#include "daemon/bus/kit.h"
#include "decide/engine.h"
#include "sys/log.h"
#include "sys/privileges.h"

namespace postern::daemon {
namespace {

Result<Kit> read_kit() {
  const sys::Fd fd(kKitFd);
  const sys::Mapping map = PN_TRY(sys::Mapping::of(fd.get(), true));
  return decode<Kit>(map.bytes());
}

// DESIGN: what each role may do is the product's promise; docs/threat-model.md lists it.
sys::Confinement confinement_of(Role role, const std::string& user) {
  switch (role) {
    case Role::gate:
      // uid 0 without its powers: bpffs belongs to root on most systems.
      return {.user = "", .keep = {CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN}, .inherit = {CAP_NET_ADMIN}};
    case Role::brain:
      return {.user = user, .no_network = true};
    case Role::edge:
      return {.user = user, .no_disk = true, .no_network = true};
    case Role::act:
      // It calls the provider's own machines; what it reads from them is answers to what it asked.
      return {.user = user, .no_disk = true};
    default:
      return {.user = user, .no_disk = true, .no_network = true};
  }
}

int run_role(WorkerStart start) {
  switch (start.kit.role) {
    case Role::brain:
      return run_brain(std::move(start));
    case Role::gate:
      return run_gate(std::move(start));
    case Role::edge:
      return run_edge(std::move(start));
    case Role::web:
      return run_web(std::move(start));
    case Role::act:
      return run_act(std::move(start));
    case Role::supervisor:
      break;
  }
  return 64;
}

}  // namespace

int run_worker() {
  auto kit = read_kit();
  if (!kit) {
    sys::log(sys::Level::error, "daemon", "KIT_BROKEN", kit.error().text() + "; --worker is for posternd itself");
    return 64;
  }
  sys::set_log_role(to_string(kit->role));
  for (const auto& [name, fd] : kit->fds)
    if (auto set = sys::set_cloexec(fd, true); !set) return 71;
  WorkerStart start;
  start.bus = sys::Fd(kBusFd);
  if (auto set = sys::set_cloexec(kBusFd, true); !set) return 71;
  auto settings = settings::load_text(kit->settings_text, kit->settings_path, decide::Engine::detectors());
  if (!settings) {
    for (const Error& e : settings.error()) sys::log(sys::Level::error, "daemon", "SETTINGS_BAD", e.text());
    return 78;
  }
  start.settings = std::move(*settings);
  start.kit = std::move(*kit);
  if (auto done = sys::confine(confinement_of(start.kit.role, start.settings.daemon.user)); !done) {
    sys::log(sys::Level::error, "daemon", "CONFINE_FAILED", done.error().text());
    return 77;
  }
  // After confine: the kernel forgets the wish when the user changes.
  if (!sys::die_with_parent(start.kit.supervisor_pid)) return 0;
  return run_role(std::move(start));
}

}  // namespace postern::daemon
