// SPDX-License-Identifier: Apache-2.0
// Outbox: observations on their way to the brain. Each is kept until the brain settles it (journaled, or in a
// checkpoint) and sent again when the brain restarts, so that a killed brain loses none. The engine takes a repeated
// session event as the duplicate it is.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "daemon/bus/message.h"

namespace postern::daemon {

// Bound of what waits; beyond it the oldest is let go (counter, log line): the NAS sends again, and the kernel's own
// counters stay exact.
inline constexpr size_t kOutboxMax = 65'536;

class Outbox {
 public:
  using Send = std::function<void(const Message&)>;
  // `seed` makes tokens of this process unlike those of its predecessor.
  Outbox(Send send, uint64_t seed) : send_(std::move(send)), next_(seed << 32 | 1) {}

  uint64_t put(model::Observation observation);     // keeps it; returns the token
  void put_unkept(model::Observation observation);  // sums: the next one tells the same
  void settled(const std::vector<uint64_t>& tokens) {
    for (const uint64_t t : tokens) kept_.erase(t);
  }
  void resend() const {
    for (const auto& [token, observation] : kept_) send_(Observed{token, observation});
  }

  [[nodiscard]] size_t waiting() const { return kept_.size(); }
  [[nodiscard]] uint64_t overflowed() const { return overflowed_; }

 private:
  Send send_;
  uint64_t next_;
  uint64_t overflowed_ = 0;
  std::map<uint64_t, model::Observation> kept_;
};

}  // namespace postern::daemon
