// SPDX-License-Identifier: Apache-2.0
// SharedMemory: a memfd that somebody else keeps, mapped for writing, so that what is in it outlives this process.
#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include "base/result.h"
#include "sys/fd.h"

namespace postern::edge::relay {

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

 private:
  sys::Fd fd_;
  std::span<std::byte> bytes_;
};

}  // namespace postern::edge::relay
