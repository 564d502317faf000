// SPDX-License-Identifier: Apache-2.0
#include "tests/support/skip.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <spawn.h>
#include <sys/wait.h>

extern char** environ;

namespace postern::testing {
namespace {

// The rules live once, in skip.sh; here only its answer is read. Its output goes where the test's output goes.
int ask(std::string_view reason) {
  std::string script = POSTERN_SOURCE "/tests/support/skip.sh";
  std::string text(reason);
  std::array<char*, 3> argv{script.data(), text.data(), nullptr};
  pid_t child = 0;
  if (posix_spawn(&child, script.c_str(), nullptr, nullptr, argv.data(), environ) != 0) return -1;
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

}  // namespace

SkipAnswer judge_skip(std::string_view reason) {
  constexpr int kSkipped = 77;
  std::fflush(stdout);
  if (ask(reason) == kSkipped) return {.verdict = SkipVerdict::skip, .text = std::string(reason)};
  return {.verdict = SkipVerdict::fail, .text = "skip refused (POSTERN_REQUIRE_ALL=1): " + std::string(reason)};
}

}  // namespace postern::testing
