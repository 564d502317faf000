// SPDX-License-Identifier: Apache-2.0
#include "daemon/files/watched_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <utility>

namespace postern::daemon {

void WatchedFile::set(std::string path) {
  if (path == path_) return;
  *this = {};
  path_ = std::move(path);
}

WatchedFile::State WatchedFile::state() const {
  struct stat s{};
  if (path_.empty() || ::stat(path_.c_str(), &s) != 0 || !S_ISREG(s.st_mode)) return {};
  return {s.st_dev, s.st_ino, static_cast<uint64_t>(s.st_size),
          static_cast<uint64_t>(s.st_mtim.tv_sec) * 1'000'000'000U + static_cast<uint64_t>(s.st_mtim.tv_nsec)};
}

std::optional<sys::Fd> WatchedFile::open(const State& as) {
  fault_.clear();
  if (path_.empty()) return std::nullopt;
  // Not to be held up by what somebody put there instead.
  sys::Fd fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat s{};
  if (as == State{} || !fd || ::fstat(fd.get(), &s) != 0 || !S_ISREG(s.st_mode)) {
    fault_ = fmt::format("{}: no file that can be read", path_);
    return std::nullopt;
  }
  opened_ = as;
  return fd;
}

std::optional<sys::Fd> WatchedFile::now() {
  looked_ = state();
  return open(looked_);
}

std::optional<sys::Fd> WatchedFile::changed() {
  const State now = state();
  const bool still = std::exchange(looked_, now) == now;
  if (still && now != opened_) return open(now);
  if (now == opened_ && now != State{}) fault_.clear();  // it was away for a while
  return std::nullopt;
}

}  // namespace postern::daemon
