// SPDX-License-Identifier: Apache-2.0
// Which files hold a DHCP server's leases now, opened for a role that has no disk. Kea writes to one file and cleans up
// now and then: FILE becomes FILE.1 and is merged with FILE.2 into FILE.completed, which becomes FILE.2. As Kea does at
// its start, FILE.completed is read where there is one, else FILE.2 and FILE.1, then FILE. Reads no byte of them. Only
// regular files, and no symbolic link at the end of a path: their folder is the DHCP server's, not ours.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "settings/section/input/dhcp.h"
#include "sys/fd.h"

namespace postern::daemon {

class LeaseFiles {
 public:
  struct Opened {
    std::string server;
    bool v6 = false;
    bool first = false;  // of a whole set
    bool last = false;   // the one that is written to
    sys::Fd fd;
  };

  // Forgets what was opened for other files.
  void set(const settings::Dhcp& dhcp);
  // Everything, from the beginning: for a reader that knows nothing.
  [[nodiscard]] std::vector<Opened> whole();
  // What has come since: the file that is written to is another one. Everything when one between was missed.
  [[nodiscard]] std::vector<Opened> changed();
  [[nodiscard]] uint64_t opened() const { return opened_; }
  // Of the first that could not be opened at the last look; empty = all could.
  [[nodiscard]] const std::string& fault() const { return fault_; }
  [[nodiscard]] bool empty() const { return paths_.empty(); }

 private:
  using Inode = std::pair<uint64_t, uint64_t>;  // device, number
  struct Path {
    std::string server;
    bool v6 = false;
    std::string path;
    Inode written;  // the file that was written to when it was opened
  };
  void whole_of(Path& p, std::vector<Opened>& out);
  [[nodiscard]] bool open_set(Path& p, std::vector<Opened>& out);
  void fail(const std::string& path);

  std::vector<Path> paths_;
  uint64_t opened_ = 0;
  std::string fault_;
};

}  // namespace postern::daemon
