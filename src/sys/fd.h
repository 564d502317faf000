// SPDX-License-Identifier: Apache-2.0
// Fd: the owner of one file descriptor.
#pragma once

#include <string>
#include <utility>

#include "base/codec.h"
#include "base/endpoint.h"
#include "base/result.h"

namespace postern::sys {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& o) noexcept : fd_(std::exchange(o.fd_, -1)) {}
  Fd& operator=(Fd&& o) noexcept {
    if (this != &o) {
      reset();
      fd_ = std::exchange(o.fd_, -1);
    }
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  void reset();

 private:
  int fd_ = -1;
};

using postern::Endpoint;
using postern::parse_endpoint;
using postern::to_string;

[[nodiscard]] Status set_nonblocking(int fd);
[[nodiscard]] Status set_cloexec(int fd, bool on);
[[nodiscard]] Result<Fd> listen_tcp(const Endpoint& at, int backlog, bool transparent);
[[nodiscard]] Result<Fd> bind_udp(const Endpoint& at);
// Replaces a stale socket file; mode applies to the file.
[[nodiscard]] Result<Fd> listen_unix(const std::string& path, unsigned mode);
// A memfd with exactly these bytes, sealed against any change (F_SEAL_WRITE|GROW|SHRINK|SEAL).
[[nodiscard]] Result<Fd> sealed_memfd(const char* name, ByteView bytes);

// From where it stands to its end; more than `bytes_max` is an error.
[[nodiscard]] Result<std::string> read_whole(int fd, size_t bytes_max);

// A read-only mapping of a whole file; checks the seals when `sealed`.
class Mapping {
 public:
  Mapping() = default;
  Mapping(Mapping&& o) noexcept : data_(std::exchange(o.data_, {})) {}
  Mapping& operator=(Mapping&& o) noexcept;
  ~Mapping();
  [[nodiscard]] static Result<Mapping> of(int fd, bool sealed);
  [[nodiscard]] ByteView bytes() const { return data_; }

 private:
  ByteView data_;
};

// Who is at the other end of a socket, and who at this one.
[[nodiscard]] Endpoint peer_of(int fd);   // none on failure
[[nodiscard]] Endpoint local_of(int fd);  // for a steered socket: the original destination

}  // namespace postern::sys
