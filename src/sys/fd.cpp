// SPDX-License-Identifier: Apache-2.0
#include "sys/fd.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "sys/address/kernel_address.h"

namespace postern::sys {
namespace {

Result<Fd> bound_socket(const Endpoint& at, int type, bool transparent) {
  const int family = at.address.family == Family::v4 ? AF_INET : AF_INET6;
  Fd fd(::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail_errno("open a socket");
  const int on = 1;
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) return fail_errno("set SO_REUSEADDR");
  if (family == AF_INET6 && ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0)
    return fail_errno("set IPV6_V6ONLY");
  if (transparent) {
    const int level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
    const int option = family == AF_INET ? IP_TRANSPARENT : IPV6_TRANSPARENT;
    if (::setsockopt(fd.get(), level, option, &on, sizeof on) != 0) return fail_errno("set IP_TRANSPARENT");
  }
  const KernelAddress a = kernel_form(at);
  if (::bind(fd.get(), a.get(), a.size) != 0) return fail_errno(fmt::format("bind {}", to_string(at)));
  return fd;
}

}  // namespace

void Fd::reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Status set_nonblocking(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) return fail_errno("set O_NONBLOCK");
  return {};
}

Status set_cloexec(int fd, bool on) {
  if (::fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0) != 0) return fail_errno("set FD_CLOEXEC");
  return {};
}

Result<std::string> read_whole(int fd, size_t bytes_max) {
  std::string text(bytes_max + 1, '\0');
  size_t have = 0;
  while (have < text.size()) {
    const ssize_t n = ::read(fd, &text[have], text.size() - have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("read");
    if (n == 0) break;
    have += static_cast<size_t>(n);
  }
  if (have > bytes_max)
    return fail(Errc::limit, fmt::format("longer than {} bytes", bytes_max), {}, "is it the right file?");
  text.resize(have);
  return text;
}

Result<Fd> listen_tcp(const Endpoint& at, int backlog, bool transparent) {
  Fd fd = PN_TRY(bound_socket(at, SOCK_STREAM, transparent));
  if (::listen(fd.get(), backlog) != 0) return fail_errno(fmt::format("listen on {}", to_string(at)));
  return fd;
}

Result<Fd> bind_udp(const Endpoint& at) { return bound_socket(at, SOCK_DGRAM, false); }

Result<Fd> listen_unix(const std::string& path, unsigned mode) {
  sockaddr_un a{};
  a.sun_family = AF_UNIX;
  if (path.size() >= sizeof a.sun_path)
    return fail(Errc::bad_input, fmt::format("{} is too long for a unix socket", path), {}, "107 bytes at most");
  std::memcpy(a.sun_path, path.c_str(), path.size() + 1);
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail_errno("open a unix socket");
  ::unlink(path.c_str());
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0) return fail_errno("bind " + path);
  if (::chmod(path.c_str(), mode) != 0) return fail_errno("chmod " + path);
  if (::listen(fd.get(), 128) != 0) return fail_errno("listen on " + path);
  return fd;
}

Result<Fd> sealed_memfd(const char* name, ByteView bytes) {
  Fd fd(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return fail_errno("memfd_create");
  for (size_t at = 0; at < bytes.size();) {
    const ssize_t n = ::write(fd.get(), bytes.data() + at, bytes.size() - at);
    if (n <= 0) return fail_errno("write a memfd");
    at += static_cast<size_t>(n);
  }
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
    return fail_errno("seal a memfd");
  return fd;
}

Mapping& Mapping::operator=(Mapping&& o) noexcept {
  std::swap(data_, o.data_);
  return *this;
}

Mapping::~Mapping() {
  if (!data_.empty()) ::munmap(const_cast<std::byte*>(data_.data()), data_.size());
}

Result<Mapping> Mapping::of(int fd, bool sealed) {
  if (sealed) {
    constexpr int kWanted = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK;
    if ((::fcntl(fd, F_GET_SEALS) & kWanted) != kWanted)
      return fail(Errc::bad_input, "the table's memory is not sealed");
  }
  struct stat info{};
  if (::fstat(fd, &info) != 0) return fail_errno("fstat");
  Mapping m;
  if (info.st_size == 0) return m;
  void* p = ::mmap(nullptr, static_cast<size_t>(info.st_size), PROT_READ, MAP_SHARED, fd, 0);
  if (p == MAP_FAILED) return fail_errno("mmap");
  m.data_ = {static_cast<const std::byte*>(p), static_cast<size_t>(info.st_size)};
  return m;
}

Endpoint peer_of(int fd) {
  KernelAddress a;
  return ::getpeername(fd, a.get(), &a.size) == 0 ? endpoint_of(a.storage) : Endpoint{};
}

Endpoint local_of(int fd) {
  KernelAddress a;
  return ::getsockname(fd, a.get(), &a.size) == 0 ? endpoint_of(a.storage) : Endpoint{};
}

}  // namespace postern::sys
