// SPDX-License-Identifier: Apache-2.0
// The policy servers and milters that are measured, each a process of its own on a unix socket.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace postern::bench {

class FilterServer {
 public:
  // Ours: the room as posternd runs it, a table of 65,536 lines, and room for `accounts` meters.
  [[nodiscard]] static Result<FilterServer> postern(uint32_t accounts);
  // One epoll, "DUNNO" to every empty line: no parser, no table, no limits.
  [[nodiscard]] static Result<FilterServer> bare();
  // Debian's postfwd, one rule that counts recipients of each account; and policyd-rate-limit over SQLite in memory's
  // file system. An error when the package is not there.
  [[nodiscard]] static Result<FilterServer> postfwd();
  [[nodiscard]] static Result<FilterServer> policyd_rate_limit();

  // Ours as a milter; and one epoll that asks for the same steps and lets everything pass.
  [[nodiscard]] static Result<FilterServer> postern_milter(uint32_t accounts);
  [[nodiscard]] static Result<FilterServer> bare_milter();

  FilterServer(FilterServer&& o) noexcept;
  FilterServer(const FilterServer&) = delete;
  FilterServer& operator=(const FilterServer&) = delete;
  ~FilterServer();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] double cpu_us() const;  // since its start

 private:
  FilterServer() = default;
  template <class Run>
  [[nodiscard]] static Result<FilterServer> forked(Run&& run);
  [[nodiscard]] static Result<FilterServer> own_folder();
  [[nodiscard]] static Result<FilterServer> started(FilterServer s, const std::vector<std::string>& argv);
  int pid_ = 0;
  std::string path_;
  std::string folder_;  // of its own; goes with it
};

}  // namespace postern::bench
