// SPDX-License-Identifier: Apache-2.0
// A Postfix of the bench's own that takes mail and throws it away, on a network that nobody else has: listeners that
// differ in whom they ask. Needs root. Its queue lies in /dev/shm: no disk is measured.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace postern::bench {

// How a listener asks; empty: nobody.
struct Asks {
  std::string policy;  // path of a unix socket
  std::string milter;
};

class Postfix {
 public:
  // Puts this process into a network namespace of its own first. Clients are the line 10.64.0.1.
  [[nodiscard]] static Result<Postfix> start(const std::vector<Asks>& listeners);
  Postfix(Postfix&& o) noexcept;
  Postfix(const Postfix&) = delete;
  Postfix& operator=(const Postfix&) = delete;
  ~Postfix();

  // Messages a second, from the first connection until the last is accepted; returns when all are delivered.
  [[nodiscard]] Result<double> send(size_t listener, uint32_t messages) const;
  // Processor time of all of its processes since their start.
  [[nodiscard]] double cpu_us() const;

 private:
  Postfix() = default;
  [[nodiscard]] Status configure(const std::vector<Asks>& listeners) const;
  [[nodiscard]] Status wait_until_delivered() const;

  int holder_ = 0;
  std::string folder_;
};

}  // namespace postern::bench
