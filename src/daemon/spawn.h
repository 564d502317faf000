// SPDX-License-Identifier: Apache-2.0
// Starting one worker: fork, put the descriptors at their agreed numbers, exec this same binary.
#pragma once

#include <vector>

#include "base/result.h"
#include "daemon/bus/kit.h"
#include "sys/fd.h"

namespace postern::daemon {

struct Spawned {
  int pid = 0;
  sys::Fd bus;  // our end
};

// `descriptors` become kFirstListenerFd, +1 … in the child, as kit.fds says. The caller keeps its own copies.
[[nodiscard]] Result<Spawned> spawn_worker(const Kit& kit, const std::vector<int>& descriptors);

}  // namespace postern::daemon
