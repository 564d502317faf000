// SPDX-License-Identifier: Apache-2.0
// What a role may still do after start. Called once, early, single-threaded, as root; a role that cannot drop stops.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ip.h"
#include "base/result.h"
#include "sys/fd.h"

namespace postern::sys {

struct Confinement {
  std::string user;               // becomes this user and its primary group; empty = stays uid 0 (with `keep` alone)
  std::vector<unsigned> keep;     // capability numbers (linux/capability.h) kept in permitted and effective
  std::vector<unsigned> inherit;  // of these, what a child program may have too (ambient)
  bool no_disk = false;           // root directory becomes an empty, read-only place
  bool no_network = false;        // an empty network namespace; inherited sockets go on working
};

// Order: namespace, root directory, bounding set, user, capabilities, no_new_privs. A process that is not root skips
// what it cannot do and returns denied, so that the caller can say so.
[[nodiscard]] Status confine(const Confinement& wanted);

[[nodiscard]] bool is_root();
// The name of each capability of `needed` that this process lacks.
[[nodiscard]] std::vector<std::string> missing_capabilities(const std::vector<unsigned>& needed);

// Dies with the parent; false when the parent is gone already.
[[nodiscard]] bool die_with_parent(int parent_pid);

struct UserIds {
  uint32_t uid = 0;
  uint32_t gid = 0;
};
[[nodiscard]] Result<UserIds> user_ids(const std::string& user);
[[nodiscard]] Result<uint32_t> group_id(const std::string& group);

// A TCP socket that belongs to another network namespace (a file as `ip netns` makes them) and goes on doing so whoever
// has it. The calling thread is where it was afterwards.
[[nodiscard]] Result<Fd> tcp_socket_in(const std::string& netns, Family family);

}  // namespace postern::sys
