// SPDX-License-Identifier: Apache-2.0
// posternd(8). Exit codes: 0 stopped by a signal, 64 wrong usage, 77 a right is missing, 78 bad settings or
// surroundings.
#include <cstdio>
#include <fmt/format.h>
#include <linux/capability.h>
#include <string>
#include <vector>

#include "daemon/guard.h"
#include "daemon/supervisor.h"
#include "sys/log.h"
#include "sys/privileges.h"

namespace {

using namespace postern;

constexpr const char* kUsage =
    "usage: posternd [--config FILE] [--check | --guard-only | --version]\n"
    "  --config FILE  settings, default /etc/postern/postern.toml (postern.toml(5))\n"
    "  --check        read and check the settings, start nothing; exit 0 or 78\n"
    "  --guard-only   load the static guard as the settings say, start nothing (for boot)\n";

int faults(const std::vector<Error>& all) {
  for (const Error& e : all) fmt::print(stderr, "{}\n", e.text());
  const bool rights = all.front().code == Errc::denied;
  fmt::print(stderr, "posternd: {} fault{}; nothing was started\n", all.size(), all.size() == 1 ? "" : "s");
  return rights ? 77 : 78;
}

enum class Task : unsigned char { serve, check, guard };

int guard_only(const settings::Settings& settings) {
  const auto missing = sys::missing_capabilities({CAP_NET_ADMIN});
  if (!missing.empty()) return faults({{Errc::denied, missing.front() + " is missing", "", "run posternd as root"}});
  if (auto done = daemon::bring_guard(settings); !done) return faults({done.error()});
  return 0;
}

int run(const std::string& path, Task task) {
  auto read = daemon::read_settings(path);
  if (!read) return faults(read.error());
  if (task == Task::check) {
    fmt::print("{}: good\n", path);
    return 0;
  }
  if (task == Task::guard) return guard_only(read->settings);
  daemon::Supervisor supervisor(path, std::move(read->text), std::move(read->settings));
  if (const auto all = supervisor.prepare(); !all.empty()) return faults(all);
  return supervisor.run();
}

}  // namespace

int main(int argc, char** argv) {
  std::string config = "/etc/postern/postern.toml";
  Task task = Task::serve;
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--worker" && arguments.size() == 1) return postern::daemon::run_worker();
    if (arguments[i] == "--config" && i + 1 < arguments.size()) {
      config = arguments[++i];
    } else if (arguments[i] == "--check") {
      task = Task::check;
    } else if (arguments[i] == "--guard-only") {
      task = Task::guard;
    } else if (arguments[i] == "--version") {
      fmt::print("posternd {}\n", POSTERN_VERSION);
      return 0;
    } else {
      fmt::print(stderr, "{}", kUsage);
      return arguments[i] == "--help" ? 0 : 64;
    }
  }
  postern::sys::set_log_role("supervisor");
  return run(config, task);
}
