// SPDX-License-Identifier: Apache-2.0
#include "edge/relay/memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace postern::edge::relay {

SharedMemory& SharedMemory::operator=(SharedMemory&& o) noexcept {
  std::swap(fd_, o.fd_);
  std::swap(bytes_, o.bytes_);
  return *this;
}

SharedMemory::~SharedMemory() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

Result<sys::Fd> SharedMemory::make(const char* name) {
  sys::Fd fd(::memfd_create(name, MFD_CLOEXEC));
  if (!fd) return fail_errno("memfd_create");
  return fd;
}

Result<SharedMemory> SharedMemory::of(int fd, size_t size) {
  SharedMemory m;
  m.fd_ = sys::Fd(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!m.fd_) return fail_errno("duplicate a memfd");
  if (::ftruncate(fd, static_cast<off_t>(size)) != 0) return fail_errno("size a memfd");
  void* p = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (p == MAP_FAILED) return fail_errno("mmap");
  m.bytes_ = {static_cast<std::byte*>(p), size};
  return m;
}

Status SharedMemory::clear() {
  if (::fallocate(fd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(bytes_.size())) != 0)
    return fail_errno("empty a memfd");
  return {};
}

}  // namespace postern::edge::relay
