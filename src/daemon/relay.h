// SPDX-License-Identifier: Apache-2.0
// The relay's rooms as the edge role runs them: meters, judge, policy server, and what people ask about the meters.
#pragma once

#include <deque>
#include <memory>

#include "daemon/bus/kit.h"
#include "edge/relay/judge.h"
#include "edge/relay/server.h"
#include "sys/loop.h"

namespace postern::daemon {

// How much a class, or an account, may send.
[[nodiscard]] edge::relay::Limits relay_limits(const settings::Class& class_settings);
[[nodiscard]] edge::relay::Limits relay_account_limits(const settings::Settings& settings);

class Relay {
 public:
  using Told = std::function<void(RelayTold)>;
  // Takes its listeners and the memory of the meters out of the kit. Without listeners it serves nobody.
  [[nodiscard]] static Result<std::unique_ptr<Relay>> make(Kit& kit, const settings::Settings& settings,
                                                           sys::Loop& loop, edge::relay::Lookup lookup, Told told);
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;
  ~Relay() = default;

  // Answered at once, or, where all meters have to be looked at, in slices between which the loop serves others.
  void ask(RelayAsk ask);
  void report(RoleReport& report) const;

 private:
  struct Scan {
    RelayAsk ask;
    size_t next = 0;
    std::vector<std::pair<uint64_t, uint32_t>> best;  // recipients of the hour and the day, row; a heap, least first
  };

  Relay(const settings::Settings& settings, edge::relay::Meters meters, sys::Loop& loop, edge::relay::Lookup lookup,
        Told told);
  void scan();
  void finish(const Scan& scan);

  sys::Loop& loop_;
  edge::relay::Meters meters_;
  edge::relay::Judge judge_;
  std::unique_ptr<edge::relay::Server> server_;
  Told told_;
  std::deque<Scan> scans_;
  uint64_t asks_dropped_ = 0;
};

}  // namespace postern::daemon
