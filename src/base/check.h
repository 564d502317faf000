// SPDX-License-Identifier: Apache-2.0
// PN_CHECK: a broken invariant of our own. Aborts in every build; the supervisor restarts the role and the gate keeps
// its last table. Never for anything that bytes from outside can cause: that is a Result.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace postern {
[[noreturn]] inline void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "postern: broken invariant: %s (%s:%d)\n", condition, file, line);
  std::abort();
}
}  // namespace postern

#define PN_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::postern::check_failed(#condition, __FILE__, __LINE__))
