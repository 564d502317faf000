// SPDX-License-Identifier: Apache-2.0
// posternd(8). Exit codes: 0 stopped by a signal, 64 wrong usage, 77 a right is missing, 78 bad settings or
// surroundings.
#include <cstdio>
#include <fmt/format.h>
#include <string>
#include <vector>

#include "daemon/supervisor.h"
#include "sys/log.h"

namespace {

constexpr const char* kUsage =
    "usage: posternd [--config FILE] [--check]\n"
    "  --config FILE  settings, default /etc/postern/postern.toml (postern.toml(5))\n"
    "  --check        read and check the settings, start nothing; exit 0 or 78\n";

int faults(const std::vector<postern::Error>& all) {
  for (const postern::Error& e : all) fmt::print(stderr, "{}\n", e.text());
  const bool rights = all.front().code == postern::Errc::denied;
  fmt::print(stderr, "posternd: {} fault{}; nothing was started\n", all.size(), all.size() == 1 ? "" : "s");
  return rights ? 77 : 78;
}

int run(const std::string& path, bool check_only) {
  using namespace postern;
  auto read = daemon::read_settings(path);
  if (!read) return faults(read.error());
  if (check_only) {
    fmt::print("{}: good\n", path);
    return 0;
  }
  daemon::Supervisor supervisor(path, std::move(read->text), std::move(read->settings));
  if (const auto all = supervisor.prepare(); !all.empty()) return faults(all);
  return supervisor.run();
}

}  // namespace

int main(int argc, char** argv) {
  std::string config = "/etc/postern/postern.toml";
  bool check_only = false;
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--worker" && arguments.size() == 1) return postern::daemon::run_worker();
    if (arguments[i] == "--config" && i + 1 < arguments.size()) {
      config = arguments[++i];
    } else if (arguments[i] == "--check") {
      check_only = true;
    } else {
      fmt::print(stderr, "{}", kUsage);
      return arguments[i] == "--help" ? 0 : 64;
    }
  }
  postern::sys::set_log_role("supervisor");
  return run(config, check_only);
}
