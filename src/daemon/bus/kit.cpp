// SPDX-License-Identifier: Apache-2.0
#include "daemon/bus/kit.h"

#include <fmt/format.h>

namespace postern::daemon {

sys::Fd take_fd(Kit& kit, const std::string& name) {
  const auto it = kit.fds.find(name);
  if (it == kit.fds.end()) return {};
  sys::Fd fd(it->second);
  kit.fds.erase(it);
  return fd;
}

std::vector<sys::Fd> take_fds(Kit& kit, const std::string& prefix) {
  std::vector<sys::Fd> out;
  for (size_t i = 0;; ++i) {
    sys::Fd fd = take_fd(kit, fmt::format("{}:{}", prefix, i));
    if (!fd) return out;
    out.push_back(std::move(fd));
  }
}

}  // namespace postern::daemon
