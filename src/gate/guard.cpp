// SPDX-License-Identifier: Apache-2.0
#include "gate/guard.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/fd.h"

namespace postern::gate {
namespace {

constexpr const char* kNft = "/usr/sbin/nft";

// nft with `text` on standard input and an empty environment; what it said comes back in the error.
Status run_nft(std::initializer_list<const char*> arguments, const std::string& text) {
  int in[2];
  int out[2];
  if (pipe2(in, O_CLOEXEC) != 0) return fail_errno("pipe");
  sys::Fd in_read(in[0]);
  sys::Fd in_write(in[1]);
  if (pipe2(out, O_CLOEXEC) != 0) return fail_errno("pipe");
  const sys::Fd out_read(out[0]);
  sys::Fd out_write(out[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in_read.get(), 0);
  posix_spawn_file_actions_adddup2(&actions, out_write.get(), 1);
  posix_spawn_file_actions_adddup2(&actions, out_write.get(), 2);
  std::vector<char*> argv{const_cast<char*>(kNft)};
  for (const char* a : arguments) argv.push_back(const_cast<char*>(a));
  argv.push_back(nullptr);
  char* environment[] = {nullptr};
  pid_t pid = 0;
  const int error = posix_spawn(&pid, kNft, &actions, nullptr, argv.data(), environment);
  posix_spawn_file_actions_destroy(&actions);
  in_read.reset();
  out_write.reset();
  if (error != 0) {
    errno = error;
    return fail(Errc::unavailable, "nft cannot be run", kNft, "install nftables, or set [gate] guard = false");
  }
  // A ruleset of ours is far below the pipe's 64 KB, so this never waits for the child.
  if (write(in_write.get(), text.data(), text.size()) < 0) {
  }
  in_write.reset();
  std::string said;
  char buffer[4096];
  for (ssize_t n = 0; (n = read(out_read.get(), buffer, sizeof buffer)) > 0;)
    if (said.size() < 65'536) said.append(buffer, static_cast<size_t>(n));
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail(Errc::io, "nft refused: " + said.substr(0, 500));
}

std::string quoted(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& n : names) out += fmt::format("{}\"{}\"", out.empty() ? "" : ", ", n);
  return out;
}

}  // namespace

std::string guard_text(const Guard& guard) {
  // A glob cannot stand in an anonymous set of old nft: one rule each.
  std::vector<std::string> plain;
  std::string accept;
  for (const std::string& n : guard.uplink_interfaces) {
    if (n.ends_with('*'))
      accept += fmt::format("    iifname \"{}\" accept\n", n);
    else
      plain.push_back(n);
  }
  if (!plain.empty()) accept = fmt::format("    iifname {{ {} }} accept\n", quoted(plain)) + accept;
  return fmt::format(
      "table inet postern_guard\n"
      "delete table inet postern_guard\n"
      "table inet postern_guard {{\n"
      "  comment \"Postern: forwarded mail the gate has not judged is dropped\"\n"
      "  chain forward {{\n"
      "    type filter hook forward priority filter - 5; policy accept;\n"
      "{}"
      "    meta mark & {:#010x} == {:#010x} accept\n"
      "    tcp dport 25 counter drop comment \"no pass mark\"\n"
      "  }}\n"
      "}}\n",
      accept, guard.pass_mark, guard.pass_mark);
}

Status load_guard(const Guard& guard) {
  for (const std::string& n : guard.uplink_interfaces)
    if (n.empty() || n.size() > 15 || n.find_first_of("\"\\\n{};") != n.npos)
      return fail(Errc::bad_input, fmt::format("\"{}\" is not an interface name", n), "[network] uplink_interfaces");
  return run_nft({"-f", "-"}, guard_text(guard));
}

Result<bool> guard_in_force() {
  auto listed = run_nft({"list", "table", "inet", "postern_guard"}, {});
  if (listed) return true;
  if (listed.error().what.find("No such file") != std::string::npos) return false;
  return std::unexpected(listed.error());
}

Status remove_guard() { return run_nft({"-f", "-"}, "table inet postern_guard\ndelete table inet postern_guard\n"); }

}  // namespace postern::gate
