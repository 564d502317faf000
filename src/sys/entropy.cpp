// SPDX-License-Identifier: Apache-2.0
#include "sys/entropy.h"

#include <cerrno>
#include <sys/random.h>

#include "base/check.h"

namespace postern::sys {

void random_bytes(std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t n = ::getrandom(out.data(), out.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    PN_CHECK(n > 0);
    out = out.subspan(static_cast<size_t>(n));
  }
}

}  // namespace postern::sys
