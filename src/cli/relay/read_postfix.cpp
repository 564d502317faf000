// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/relay/postfix.h"
#include "sys/fd.h"

namespace postern::cli {
namespace {

constexpr const char* kPostconf = "/usr/sbin/postconf";

Result<std::string> postconf(const std::string& directory, const char* what) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("make a pipe");
  const sys::Fd out(ends[0]);
  sys::Fd out_write(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out_write.get(), STDOUT_FILENO);
  std::vector<std::string> words{kPostconf, what};
  if (!directory.empty()) words = {kPostconf, "-c", directory, what};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::string path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  std::array<char*, 2> environment{path.data(), nullptr};
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, kPostconf, &actions, nullptr, argv.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  out_write.reset();
  if (error != 0)
    return fail(Errc::unavailable, std::string("cannot run postconf: ") + std::strerror(error), kPostconf,
                "run this on the machine of your Postfix");
  std::string text;
  std::array<char, 65'536> part{};
  for (ssize_t n = 0; (n = ::read(out.get(), part.data(), part.size())) > 0;)
    if (text.size() <= kPostconfBytesMax) text.append(part.data(), static_cast<size_t>(n));
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (text.size() > kPostconfBytesMax) return fail(Errc::limit, "postconf said more than 4 MiB");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return fail(Errc::bad_input, "postconf cannot read the configuration", directory, "it said why above");
  return text;
}

}  // namespace

Result<Postfix> read_postfix(const std::string& directory) {
  const std::string main = PN_TRY(postconf(directory, "-x"));
  const std::string services = PN_TRY(postconf(directory, "-M"));
  const std::string overrides = PN_TRY(postconf(directory, "-Px"));
  return parse_postfix(main, services, overrides);
}

}  // namespace postern::cli
