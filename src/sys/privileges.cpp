// SPDX-License-Identifier: Apache-2.0
#include "sys/privileges.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <pwd.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/check.h"

namespace postern::sys {
namespace {

struct CapSets {
  std::array<__user_cap_data_struct, 2> data{};
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
};

Result<CapSets> read_capabilities() {
  CapSets sets;
  if (::syscall(SYS_capget, &sets.header, sets.data.data()) != 0) return fail_errno("capget");
  return sets;
}

bool has(const CapSets& sets, unsigned cap) { return (sets.data[cap / 32].effective >> (cap % 32) & 1U) != 0; }

Status write_capabilities(const std::vector<unsigned>& keep, const std::vector<unsigned>& inherit) {
  CapSets sets;
  for (const unsigned cap : keep) {
    sets.data[cap / 32].permitted |= 1U << (cap % 32);
    sets.data[cap / 32].effective |= 1U << (cap % 32);
  }
  for (const unsigned cap : inherit) sets.data[cap / 32].inheritable |= 1U << (cap % 32);
  if (::syscall(SYS_capset, &sets.header, sets.data.data()) != 0) return fail_errno("capset");
  for (const unsigned cap : inherit)
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) != 0) return fail_errno("raise an ambient capability");
  return {};
}

Status drop_bounding_set(const std::vector<unsigned>& keep) {
  for (unsigned cap = 0; ::prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; ++cap) {
    if (std::ranges::find(keep, cap) != keep.end()) continue;
    if (::prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0) return fail_errno("drop a capability from the bounding set");
  }
  return {};
}

// An own mount namespace whose root is an empty read-only tmpfs: nothing to read, nothing to write.
Status enter_empty_root() {
  if (::unshare(CLONE_NEWNS) != 0) return fail_errno("unshare the mount namespace");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return fail_errno("make mounts private");
  if (::mount("none", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, "size=4k,mode=555") != 0)
    return fail_errno("mount an empty root");
  if (::chroot("/tmp") != 0 || ::chdir("/") != 0) return fail_errno("enter the empty root");
  return {};
}

Status become(const UserIds& ids) {
  if (::setgroups(0, nullptr) != 0) return fail_errno("setgroups");
  if (::setresgid(ids.gid, ids.gid, ids.gid) != 0) return fail_errno("setresgid");
  if (::setresuid(ids.uid, ids.uid, ids.uid) != 0) return fail_errno("setresuid");
  return {};
}

constexpr std::array<std::pair<unsigned, const char*>, 5> kCapNames{{{CAP_NET_ADMIN, "CAP_NET_ADMIN"},
                                                                     {CAP_BPF, "CAP_BPF"},
                                                                     {CAP_PERFMON, "CAP_PERFMON"},
                                                                     {CAP_SYS_ADMIN, "CAP_SYS_ADMIN"},
                                                                     {CAP_NET_BIND_SERVICE, "CAP_NET_BIND_SERVICE"}}};

}  // namespace

bool is_root() { return ::geteuid() == 0; }

Result<UserIds> user_ids(const std::string& user) {
  const passwd* entry = ::getpwnam(user.c_str());
  if (entry == nullptr)
    return fail(Errc::not_found, fmt::format("there is no user \"{}\"", user), {},
                fmt::format("useradd --system --no-create-home {}, or set user in [daemon]", user));
  return UserIds{entry->pw_uid, entry->pw_gid};
}

Result<uint32_t> group_id(const std::string& group) {
  const ::group* entry = ::getgrnam(group.c_str());
  if (entry == nullptr)
    return fail(Errc::not_found, fmt::format("there is no group \"{}\"", group), {},
                fmt::format("groupadd --system {}", group));
  return entry->gr_gid;
}

std::vector<std::string> missing_capabilities(const std::vector<unsigned>& needed) {
  std::vector<std::string> missing;
  const auto sets = read_capabilities();
  for (const unsigned cap : needed) {
    if (sets && has(*sets, cap)) continue;
    const auto* name = std::ranges::find(kCapNames, cap, [](const auto& pair) { return pair.first; });
    missing.emplace_back(name != kCapNames.end() ? name->second : fmt::format("capability {}", cap));
  }
  return missing;
}

bool die_with_parent(int parent_pid) { return ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == parent_pid; }

Result<Fd> tcp_socket_in(const std::string& netns, Family family) {
  const Fd here(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!here) return fail_errno("open /proc/self/ns/net");
  const Fd there(::open(netns.c_str(), O_RDONLY | O_CLOEXEC));
  if (!there) return fail_errno("open the network namespace " + netns);
  if (::setns(there.get(), CLONE_NEWNET) != 0) return fail_errno("enter the network namespace " + netns);
  Fd made(::socket(family == Family::v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int failed = errno;
  PN_CHECK(::setns(here.get(), CLONE_NEWNET) == 0);
  errno = failed;
  if (!made) return fail_errno("open a socket in " + netns);
  return made;
}

Status confine(const Confinement& wanted) {
  if (!is_root()) return fail(Errc::denied, "not root, so this role keeps the rights it was started with");
  UserIds ids;
  if (!wanted.user.empty()) ids = PN_TRY(user_ids(wanted.user));
  if (wanted.no_network && ::unshare(CLONE_NEWNET) != 0) return fail_errno("unshare the network namespace");
  if (wanted.no_disk) PN_TRY_VOID(enter_empty_root());
  PN_TRY_VOID(drop_bounding_set(wanted.keep));
  if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return fail_errno("PR_SET_KEEPCAPS");
  // uid 0 without SECBIT_NOROOT would get capabilities back at the next exec.
  if (::prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED, 0, 0, 0) != 0 && wanted.user.empty())
    return fail_errno("set SECBIT_NOROOT");
  if (!wanted.user.empty()) PN_TRY_VOID(become(ids));
  PN_TRY_VOID(write_capabilities(wanted.keep, wanted.inherit));
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno("PR_SET_NO_NEW_PRIVS");
  return {};
}

}  // namespace postern::sys
