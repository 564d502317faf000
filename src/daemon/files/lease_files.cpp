// SPDX-License-Identifier: Apache-2.0
#include "daemon/files/lease_files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <optional>
#include <sys/stat.h>

namespace postern::daemon {
namespace {

constexpr int kTriesMax = 5;

using Inode = std::pair<uint64_t, uint64_t>;

// {} = not there, or nothing to be read.
Inode inode_of(const std::string& path) {
  struct stat s{};
  return ::lstat(path.c_str(), &s) == 0 && S_ISREG(s.st_mode) ? Inode(s.st_dev, s.st_ino) : Inode();
}

struct Open {
  std::string path;
  Inode inode;
  sys::Fd fd;
};

Open open_file(std::string path) {
  // Not to be held up by what somebody put there instead.
  sys::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat s{};
  if (!fd || ::fstat(fd.get(), &s) != 0 || !S_ISREG(s.st_mode)) return {std::move(path), {}, {}};
  return {std::move(path), {s.st_dev, s.st_ino}, std::move(fd)};
}

}  // namespace

void LeaseFiles::set(const settings::Dhcp& dhcp) {
  paths_.clear();
  fault_.clear();
  for (const settings::DhcpServer& s : dhcp.servers)
    for (const auto& [v6, path] : {std::pair(false, s.leases4), std::pair(true, s.leases6)})
      if (!path.empty()) paths_.push_back({s.name, v6, path, {}});
}

void LeaseFiles::fail(const std::string& path) {
  if (fault_.empty()) fault_ = fmt::format("{}: no file that can be read", path);
}

// False when the clean-up went on meanwhile: what was opened may have a gap.
bool LeaseFiles::open_set(Path& p, std::vector<Opened>& out) {
  std::vector<Open> files;
  for (const char* suffix : {".completed", ".2", ".1", ""}) files.push_back(open_file(p.path + suffix));
  const bool same = std::ranges::all_of(files, [](const Open& f) { return f.inode == inode_of(f.path); });
  if (!same) return false;
  const bool merged = static_cast<bool>(files[0].fd);
  p.written = files[3].inode;
  if (!files[3].fd) fail(p.path);
  bool first = true;
  for (size_t i = 0; i < files.size(); ++i) {
    if (!files[i].fd || (merged && (i == 1 || i == 2))) continue;
    ++opened_;
    out.push_back({p.server, p.v6, std::exchange(first, false), i == 3, std::move(files[i].fd)});
  }
  return true;
}

void LeaseFiles::whole_of(Path& p, std::vector<Opened>& out) {
  for (int n = 0; n < kTriesMax; ++n)
    if (open_set(p, out)) return;
  fail(p.path);
  p.written = {};  // the next look tries again
}

std::vector<LeaseFiles::Opened> LeaseFiles::whole() {
  std::vector<Opened> out;
  fault_.clear();
  for (Path& p : paths_) whole_of(p, out);
  return out;
}

std::vector<LeaseFiles::Opened> LeaseFiles::changed() {
  std::vector<Opened> out;
  fault_.clear();
  for (Path& p : paths_) {
    const Inode now = inode_of(p.path);
    if (now == Inode()) fail(p.path);
    if (now == Inode() || now == p.written) continue;
    // What we had is the newest of the old ones: nothing was between it and this one.
    if (p.written != Inode() && inode_of(p.path + ".1") == p.written) {
      Open file = open_file(p.path);
      if (file.fd && file.inode == now) {
        ++opened_;
        p.written = now;
        out.push_back({p.server, p.v6, false, true, std::move(file.fd)});
        continue;
      }
    }
    whole_of(p, out);
  }
  return out;
}

}  // namespace postern::daemon
