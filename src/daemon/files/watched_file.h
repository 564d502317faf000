// SPDX-License-Identifier: Apache-2.0
// A file that others write as a whole now and then, opened for a role that has no disk: again whenever it is another
// one or was written to, once it has lain still between two looks. Reads no byte of it. Only regular files.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "sys/fd.h"

namespace postern::daemon {

class WatchedFile {
 public:
  // Empty = there is none. Forgets what was opened of another path.
  void set(std::string path);
  // For a reader that knows nothing.
  [[nodiscard]] std::optional<sys::Fd> now();
  // When there is news since the last one that was opened.
  [[nodiscard]] std::optional<sys::Fd> changed();
  // Of the last look; empty = it could be opened, or there is none.
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  // Device, number, size, time of the last change in ns; all 0 = not there.
  using State = std::array<uint64_t, 4>;
  [[nodiscard]] State state() const;
  [[nodiscard]] std::optional<sys::Fd> open(const State& as);

  std::string path_;
  State looked_{};
  State opened_{};
  std::string fault_;
};

}  // namespace postern::daemon
