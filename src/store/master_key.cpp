// SPDX-License-Identifier: Apache-2.0
#include "store/master_key.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "sys/entropy.h"
#include "sys/fd.h"

namespace postern::store {

namespace {
Result<Key> read_key(int fd, const std::string& path) {
  struct stat info{};
  if (::fstat(fd, &info) != 0) return fail_errno("stat " + path);
  if ((info.st_mode & 077) != 0)
    return fail(Errc::denied, "the master key can be read by others", path, "chmod 600 " + path);
  if (info.st_size != static_cast<off_t>(kKeyBytes))
    return fail(Errc::bad_input, fmt::format("the master key has {} bytes, not {}", info.st_size, kKeyBytes), path,
                "restore the file from a backup; a new key cannot open this journal");
  Key key;
  if (::pread(fd, key.bytes.data(), key.bytes.size(), 0) != static_cast<ssize_t>(key.bytes.size()))
    return fail_errno("read " + path);
  return key;
}

Result<Key> make_key(const std::string& path) {
  // A name of its own and a rename: a crash leaves no half key.
  const std::string fresh = path + ".new";
  const sys::Fd file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file) return fail_errno("create " + fresh);
  Key key;
  sys::random_bytes(key.bytes);
  if (::write(file.get(), key.bytes.data(), key.bytes.size()) != static_cast<ssize_t>(key.bytes.size()) ||
      ::fsync(file.get()) != 0)
    return fail_errno("write " + fresh);
  if (::rename(fresh.c_str(), path.c_str()) != 0) return fail_errno("rename " + fresh);
  const std::string parent = std::filesystem::path(path).parent_path().string();
  const sys::Fd directory(::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::fsync(directory.get()) != 0) return fail_errno("sync the directory of " + path);
  return key;
}
}  // namespace

Key::~Key() { sodium_memzero(bytes.data(), bytes.size()); }

Result<MasterKey> MasterKey::load_or_create(const std::string& path) {
  PN_CHECK(sodium_init() >= 0);
  const sys::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && errno != ENOENT) return fail_errno("open " + path);
  MasterKey master;
  master.key_ = file ? PN_TRY(read_key(file.get(), path)) : PN_TRY(make_key(path));
  return master;
}

MasterKey MasterKey::of(const std::array<std::byte, kKeyBytes>& bytes) {
  PN_CHECK(sodium_init() >= 0);
  MasterKey master;
  master.key_.bytes = bytes;
  return master;
}

Key MasterKey::derive(Use use) const {
  static_assert(kKeyBytes == crypto_kdf_KEYBYTES);
  Key key;
  crypto_kdf_derive_from_key(reinterpret_cast<unsigned char*>(key.bytes.data()), key.bytes.size(),
                             static_cast<uint64_t>(use), "postern1",
                             reinterpret_cast<const unsigned char*>(key_.bytes.data()));
  return key;
}

}  // namespace postern::store
