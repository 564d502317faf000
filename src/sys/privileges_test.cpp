// SPDX-License-Identifier: Apache-2.0
#include "sys/privileges.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/fd.h"

namespace postern::sys {
namespace {

// Runs `body` in a child; returns its exit code.
template <class Body>
int in_child(Body body) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(body());
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Confine, LeavesNoUserNoDiskNoNetworkNoCapability) {
  if (!is_root()) GTEST_SKIP() << "SKIP: needs root";
  EXPECT_EQ(
      in_child([] {
        if (!confine({.user = "nobody", .no_disk = true, .no_network = true})) return 1;
        if (::getuid() == 0 || ::setuid(0) == 0) return 2;
        if (::open("/etc/passwd", O_RDONLY) >= 0) return 3;
        if (::open("/file", O_CREAT | O_WRONLY, 0600) >= 0) return 4;
        if (missing_capabilities({CAP_NET_ADMIN, CAP_BPF}).size() != 2) return 5;
        const auto bound = bind_udp({parse_ip("127.0.0.1").value(), 0});
        if (bound) {  // loopback of the empty namespace is down: nothing can be reached through it
          sockaddr_storage a{};
          socklen_t n = sizeof a;
          ::getsockname(bound->get(), reinterpret_cast<sockaddr*>(&a), &n);
          if (::connect(bound->get(), reinterpret_cast<sockaddr*>(&a), n) == 0 && ::send(bound->get(), "x", 1, 0) == 1)
            return 6;
        }
        return 0;
      }),
      0);
}

TEST(Confine, KeepsOnlyTheNamedCapabilities) {
  if (!is_root()) GTEST_SKIP() << "SKIP: needs root";
  EXPECT_EQ(in_child([] {
              if (!confine({.user = "", .keep = {CAP_NET_ADMIN}, .inherit = {CAP_NET_ADMIN}})) return 1;
              if (!missing_capabilities({CAP_NET_ADMIN}).empty()) return 2;
              if (missing_capabilities({CAP_SYS_ADMIN, CAP_BPF}).size() != 2) return 3;
              return 0;
            }),
            0);
}

}  // namespace
}  // namespace postern::sys
