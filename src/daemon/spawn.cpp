// SPDX-License-Identifier: Apache-2.0
#include "daemon/spawn.h"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace postern::daemon {
namespace {

// In the child, between fork and exec: async-signal-safe calls only. Sources are first moved out of the way, since a
// target number may be another's source.
[[noreturn]] void become_worker(const std::vector<int>& sources, char* const* arguments) {
  constexpr int kOutOfTheWay = 512;
  constexpr size_t kMost = 256;
  std::array<int, kMost> moved{};
  if (sources.size() > kMost) ::_exit(71);
  for (size_t i = 0; i < sources.size(); ++i) {
    moved[i] = ::fcntl(sources[i], F_DUPFD_CLOEXEC, kOutOfTheWay);
    if (moved[i] < 0) ::_exit(71);
  }
  for (size_t i = 0; i < sources.size(); ++i)
    if (::dup2(moved[i], kBusFd + static_cast<int>(i)) < 0) ::_exit(71);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execv("/proc/self/exe", arguments);
  ::_exit(71);
}

}  // namespace

Result<Spawned> spawn_worker(const Kit& kit, const std::vector<int>& descriptors) {
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0) return fail_errno("socketpair");
  sys::Fd ours(pair[0]);
  const sys::Fd theirs(pair[1]);
  // A table delta may be one large frame after another; the default buffer holds three.
  const int buffer = 4 * 1024 * 1024;
  for (const int end : pair) ::setsockopt(end, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer);
  const sys::Fd kit_fd = PN_TRY(sys::sealed_memfd("postern-kit", encode(kit)));
  std::vector<int> sources{theirs.get(), kit_fd.get()};
  sources.insert(sources.end(), descriptors.begin(), descriptors.end());

  std::string name = "posternd: " + std::string(to_string(kit.role));
  std::string flag = "--worker";
  const std::array<char*, 3> arguments{name.data(), flag.data(), nullptr};
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno("fork");
  if (pid == 0) become_worker(sources, arguments.data());
  return Spawned{pid, std::move(ours)};
}

}  // namespace postern::daemon
