// SPDX-License-Identifier: Apache-2.0
#include "edge/relay/memory.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace postern::edge::relay {
namespace {

// What `from` holds, without its holes, into `to`, which is empty.
Status copy(int from, int to) {
  const off_t size = ::lseek(from, 0, SEEK_END);
  if (size < 0 || ::ftruncate(to, size) != 0) return fail_errno("copy meters");
  std::vector<char> buffer(size_t{1} << 20);
  for (off_t at = 0; at < size;) {
    at = ::lseek(from, at, SEEK_DATA);
    if (at < 0 && errno == ENXIO) break;  // holes from here on
    if (at < 0) return fail_errno("copy meters");
    const off_t end = ::lseek(from, at, SEEK_HOLE);
    if (end < 0) return fail_errno("copy meters");
    while (at < end) {
      const ssize_t n =
          ::pread(from, buffer.data(), std::min<size_t>(buffer.size(), static_cast<size_t>(end - at)), at);
      if (n <= 0) return fail_errno("read meters");
      if (::pwrite(to, buffer.data(), static_cast<size_t>(n), at) != n) return fail_errno("write meters");
      at += n;
    }
  }
  return {};
}

}  // namespace

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

Status SharedMemory::save(int fd, const std::string& path) {
  const std::string part = path + ".new";
  const sys::Fd file(::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return fail_errno("write " + part);
  Status done = copy(fd, file.get());
  if (done && ::rename(part.c_str(), path.c_str()) != 0) done = fail_errno("write " + path);
  if (!done) ::unlink(part.c_str());
  return done;
}

Status SharedMemory::load(int fd, const std::string& path) {
  const sys::Fd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file && errno == ENOENT) return fail(Errc::not_found, "there is no " + path);
  if (!file) return fail_errno("read " + path);
  struct stat s{};
  if (::fstat(file.get(), &s) != 0) return fail_errno("read " + path);
  if (!S_ISREG(s.st_mode) || s.st_uid != ::geteuid() || (s.st_mode & 077) != 0 ||
      static_cast<uint64_t>(s.st_size) > kSavedBytesMax)
    return fail(Errc::bad_input, "not a file that was written here", path, "remove it");
  return copy(file.get(), fd);
}

Status SharedMemory::clear() {
  if (::fallocate(fd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(bytes_.size())) != 0)
    return fail_errno("empty a memfd");
  return {};
}

}  // namespace postern::edge::relay
