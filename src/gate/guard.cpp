// SPDX-License-Identifier: Apache-2.0
#include "gate/guard.h"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <span>
#include <spawn.h>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/fd.h"

namespace postern::gate {
namespace {

constexpr const char* kNft = "/usr/sbin/nft";

// nft with `text` on standard input and an empty environment; what it said comes back in the error. The text is in a
// memory file: a pipe would kill us when nft dies before it has read all.
Status run_nft(std::initializer_list<const char*> arguments, const std::string& text) {
  const sys::Fd in = PN_TRY(sys::sealed_memfd("postern-guard", std::as_bytes(std::span(text))));
  if (lseek(in.get(), 0, SEEK_SET) != 0) return fail_errno("rewind the ruleset");
  int out[2];
  if (pipe2(out, O_CLOEXEC) != 0) return fail_errno("pipe");
  const sys::Fd out_read(out[0]);
  sys::Fd out_write(out[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.get(), 0);
  posix_spawn_file_actions_adddup2(&actions, out_write.get(), 1);
  posix_spawn_file_actions_adddup2(&actions, out_write.get(), 2);
  std::vector<char*> argv{const_cast<char*>(kNft)};
  for (const char* a : arguments) argv.push_back(const_cast<char*>(a));
  argv.push_back(nullptr);
  char* environment[] = {nullptr};
  pid_t pid = 0;
  const int error = posix_spawn(&pid, kNft, &actions, nullptr, argv.data(), environment);
  posix_spawn_file_actions_destroy(&actions);
  out_write.reset();
  if (error != 0) {
    errno = error;
    return fail(Errc::unavailable, "nft cannot be run", kNft, "install nftables, or set [gate] guard = false");
  }
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

// nft knows a wildcard at the end only.
bool nft_can_match(const std::string& name) {
  const size_t at = name.find_first_of("*?");
  return at == name.npos || (name[at] == '*' && at + 1 == name.size());
}

// A rule for each kind of name: a glob cannot stand in an anonymous set of old nft.
std::string on_interfaces(const std::vector<std::string>& names, std::string_view rest) {
  std::vector<std::string> plain;
  std::string rules;
  for (const std::string& n : names) {
    if (!nft_can_match(n)) continue;
    if (n == "*")
      rules += fmt::format("    {}\n", rest);
    else if (n.ends_with('*'))
      rules += fmt::format("    iifname \"{}\" {}\n", n, rest);
    else
      plain.push_back(n);
  }
  return plain.empty() ? rules : fmt::format("    iifname {{ {} }} {}\n", quoted(plain), rest) + rules;
}

// A named set, because only there may prefixes lie inside one another. Empty = none.
std::string relay_set(const std::vector<Prefix>& relay, Family family, std::string_view name, std::string_view type) {
  std::string elements;
  for (const Prefix& p : relay)
    if (p.address.family == family) elements += fmt::format("{}{}", elements.empty() ? "" : ", ", to_string(p));
  if (elements.empty()) return {};
  return fmt::format("  set {} {{\n    type {}\n    flags interval\n    auto-merge\n    elements = {{ {} }}\n  }}\n",
                     name, type, elements);
}

}  // namespace

std::string guard_text(const Guard& guard) {
  const std::string set4 = relay_set(guard.relay, Family::v4, "relay4", "ipv4_addr");
  const std::string set6 = relay_set(guard.relay, Family::v6, "relay6", "ipv6_addr");
  std::string to_relay;
  std::string from_relay;
  if (!set4.empty()) {
    to_relay += "    tcp dport 25 ip daddr @relay4 accept\n";
    from_relay += "    tcp dport 25 ip saddr @relay4 accept\n";
  }
  if (!set6.empty()) {
    to_relay += "    tcp dport 25 ip6 daddr @relay6 accept\n";
    from_relay += "    tcp dport 25 ip6 saddr @relay6 accept\n";
  }
  return fmt::format(
      "table inet postern_guard\n"
      "delete table inet postern_guard\n"
      "table inet postern_guard {{\n"
      "  comment \"Postern: forwarded mail the gate has not judged is dropped\"\n"
      "{}{}"
      "  chain forward {{\n"
      "    type filter hook forward priority filter - 5; policy accept;\n"
      "{}"
      "    meta mark & {:#010x} == {:#010x} accept\n"
      "{}{}{}"
      "    tcp dport 25 counter drop comment \"no pass mark\"\n"
      "  }}\n"
      "}}\n",
      set4, set6, on_interfaces(guard.uplink_interfaces, "accept"), guard.pass_mark, guard.pass_mark, to_relay,
      on_interfaces(guard.subscriber_interfaces, "tcp dport 25 counter drop comment \"no pass mark\""), from_relay);
}

Status load_guard(const Guard& guard) {
  for (const auto* names : {&guard.uplink_interfaces, &guard.subscriber_interfaces})
    for (const std::string& n : *names)
      if (n.empty() || n.size() > 15 || n.find_first_of("\"\\\n{};") != n.npos)
        return fail(Errc::bad_input, fmt::format("\"{}\" is not an interface name", n), "[network]");
  for (const std::string& n : guard.uplink_interfaces)
    if (!nft_can_match(n))
      return fail(Errc::bad_input, fmt::format("the guard cannot match \"{}\"", n), "[network] uplink_interfaces",
                  "write the names, or a pattern with one '*' at its end");
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
