// SPDX-License-Identifier: Apache-2.0
// Nats: who is behind an address and a port, whether the NAT works by formula (outside.h) or logs (nat_log.h). An
// address that is no NAT's is itself. What cannot be told is not_known, never the nearest guess.
#pragma once

#include "fold/outside/nat_log.h"
#include "fold/outside/outside.h"

namespace postern::fold {

class Nats {
 public:
  Nats() = default;
  // `log` outlives this; null: no NAT logs. `reach`: how far its clock and the asker's may be apart.
  Nats(Outside by_formula, const NatLog* log, Duration reach)
      : by_formula_(std::move(by_formula)), log_(log), reach_(reach) {}

  // `port` 0 is "not told". Of a NAT that logs the answer is only as good as the log of that time is complete.
  [[nodiscard]] Inside of(uint8_t protocol, const IpAddress& address, uint16_t port, Time at, const To& to = {}) const;
  [[nodiscard]] bool is_logged(const IpAddress& address) const { return log_ != nullptr && log_->is_logged(address); }

 private:
  Outside by_formula_;
  const NatLog* log_ = nullptr;
  Duration reach_;
};

}  // namespace postern::fold
