// SPDX-License-Identifier: Apache-2.0
// The servers under measurement, each a process of its own on a loopback port: the explainer as the edge role runs it
// (sys::Loop, published table of 65,536 lines), the least an epoll server can do with the same banner, and Postfix
// smtp-sink.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <sys/types.h>

#include "base/result.h"
#include "sys/fd.h"

namespace postern::bench {

// Sources of the load and prefixes of the table: 127.1.0.0 to 127.1.255.255, one line each.
inline constexpr uint32_t kLines = 65'536;
inline constexpr uint32_t kFirstSource = 0x7f010000;

class Server {
 public:
  [[nodiscard]] static Result<Server> explainer();
  [[nodiscard]] static Result<Server> bare();
  [[nodiscard]] static Result<Server> smtp_sink();  // unavailable when it is not installed
  Server(Server&& o) noexcept;
  Server& operator=(Server&&) = delete;
  ~Server();  // ends the process and waits for it

  [[nodiscard]] uint16_t port() const { return port_; }
  [[nodiscard]] double cpu_us() const;                                        // user and system time so far
  [[nodiscard]] int64_t memory_bytes() const;                                 // private resident memory now
  [[nodiscard]] int64_t memory_at_start() const { return memory_at_start_; }  // before it made anything per connection

 private:
  Server() = default;
  [[nodiscard]] static Result<Server> forked(void (*run)(int listener, const std::function<void()>& made_nothing_yet));

  pid_t pid_ = 0;
  uint16_t port_ = 0;
  int64_t memory_at_start_ = 0;
};

}  // namespace postern::bench
