// SPDX-License-Identifier: Apache-2.0
// Kit: all that a worker is given at its start, in one sealed memfd: the checked settings text, the secrets it needs
// and no others, and which descriptor is which listener. A worker opens no file that it was not given (the brain's
// journal excepted).
#pragma once

#include <map>
#include <string>

#include "base/codec.h"
#include "daemon/bus/message.h"
#include "fold/outside/nats.h"
#include "settings/settings.h"
#include "sys/fd.h"

namespace postern::daemon {

inline constexpr int kBusFd = 3;
inline constexpr int kKitFd = 4;
inline constexpr int kFirstListenerFd = 5;

struct Kit {
  Role role = Role::supervisor;
  int32_t supervisor_pid = 0;
  std::string settings_path;  // for messages only
  std::string settings_text;
  // "reference", "master", "radius:<client>", "coa:<NAS>", "act:webhook", "act:mail", "act:ca:<path>"
  std::map<std::string, std::string> secrets;
  std::map<std::string, int32_t> fds;  // "explainer4", "garden4", "radius_acct:0", "mail_intake:0", "relay:0",
                                       // "milter:0", "notice:0", "api", "metrics:0", "decoy:0", "probe:0", "dnstap:0",
                                       // "mirror:0", "nat_log:0"
  PN_FIELDS(role, supervisor_pid, settings_path, settings_text, secrets, fds)
};

// Which settings a process runs with, for `postern status`: equal texts, equal digests. Not a safeguard.
[[nodiscard]] std::string settings_digest(std::string_view text);
// Takes ownership of the descriptor with that name; none when it was not given.
[[nodiscard]] sys::Fd take_fd(Kit& kit, const std::string& name);
// All descriptors "prefix:0", "prefix:1" …
[[nodiscard]] std::vector<sys::Fd> take_fds(Kit& kit, const std::string& prefix);

// The NATs by formula that rooms see lines through.
[[nodiscard]] fold::Outside outside_of(const settings::Settings& settings);
// And those that log, into `log`, which outlives it.
[[nodiscard]] fold::Nats nats_of(const settings::Settings& settings, const fold::NatLog& log);

// What a role's main gets. Returns the process's exit code.
struct WorkerStart {
  Kit kit;
  settings::Settings settings;
  sys::Fd bus;
};
int run_brain(WorkerStart start);
int run_gate(WorkerStart start);
int run_edge(WorkerStart start);
int run_web(WorkerStart start);
int run_act(WorkerStart start);

// Entry of an exec'd worker: reads bus and kit, confines itself, runs its role.
int run_worker();

}  // namespace postern::daemon
