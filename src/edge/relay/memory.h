// SPDX-License-Identifier: Apache-2.0
// SharedMemory: a memfd that somebody else keeps, mapped for writing, so that what is in it outlives this process; and
// a copy of it in a file, so that it outlives the keeper too. Who opens it checks what is in it (meters.h): the copy is
// opaque here. Holes stay holes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "base/result.h"
#include "sys/fd.h"

namespace postern::edge::relay {

inline constexpr uint64_t kSavedBytesMax = uint64_t{4} << 30;  // the largest meters_max there may be

class SharedMemory {
 public:
  SharedMemory() = default;
  SharedMemory(SharedMemory&& o) noexcept : fd_(std::move(o.fd_)), bytes_(std::exchange(o.bytes_, {})) {}
  SharedMemory& operator=(SharedMemory&& o) noexcept;
  ~SharedMemory();

  // An empty one, of size 0.
  [[nodiscard]] static Result<sys::Fd> make(const char* name);
  // Brings it to `size` octets first; what is new of it is zero. `fd` stays the caller's.
  [[nodiscard]] static Result<SharedMemory> of(int fd, size_t size);

  [[nodiscard]] std::span<std::byte> bytes() const { return bytes_; }
  // All octets zero, and none of them takes memory until it is written.
  [[nodiscard]] Status clear();

  // All of the memfd `fd` into the file `path`, whole or not at all; only this user may read it. Whoever writes to the
  // memory meanwhile may find one of two counts there.
  [[nodiscard]] static Status save(int fd, const std::string& path);
  // The other way. Errors: not_found; bad_input when the file is not this user's own, or larger than kSavedBytesMax.
  [[nodiscard]] static Status load(int fd, const std::string& path);

 private:
  sys::Fd fd_;
  std::span<std::byte> bytes_;
};

}  // namespace postern::edge::relay
