// SPDX-License-Identifier: Apache-2.0
// The policy servers that are measured, each a process of its own on a unix socket.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace postern::bench {

class PolicyServer {
 public:
  // Ours: the room as posternd runs it, a table of 65,536 lines, and room for `accounts` meters.
  [[nodiscard]] static Result<PolicyServer> postern(uint32_t accounts);
  // One epoll, "DUNNO" to every empty line: no parser, no table, no limits.
  [[nodiscard]] static Result<PolicyServer> bare();
  // Debian's postfwd, one rule that counts recipients of each account; and policyd-rate-limit over SQLite in memory's
  // file system. An error when the package is not there.
  [[nodiscard]] static Result<PolicyServer> postfwd();
  [[nodiscard]] static Result<PolicyServer> policyd_rate_limit();

  PolicyServer(PolicyServer&& o) noexcept;
  PolicyServer(const PolicyServer&) = delete;
  PolicyServer& operator=(const PolicyServer&) = delete;
  ~PolicyServer();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] double cpu_us() const;  // since its start

 private:
  PolicyServer() = default;
  template <class Run>
  [[nodiscard]] static Result<PolicyServer> forked(Run&& run);
  [[nodiscard]] static Result<PolicyServer> own_folder();
  [[nodiscard]] static Result<PolicyServer> started(PolicyServer s, const std::vector<std::string>& argv);
  int pid_ = 0;
  std::string path_;
  std::string folder_;  // of its own; goes with it
};

}  // namespace postern::bench
