// SPDX-License-Identifier: Apache-2.0
// The decoys as the edge role runs them.
#pragma once

#include <functional>
#include <memory>

#include "daemon/bus/kit.h"
#include "edge/decoy/decoy.h"
#include "sys/loop.h"

namespace postern::daemon {

class Decoys {
 public:
  using Emit = std::function<void(model::Observation)>;

  // Takes its listeners and the probes' sockets out of the kit. Without decoys it does nothing.
  Decoys(Kit& kit, const settings::Settings& settings, sys::Loop& loop, fold::Nats nats, Emit emit);
  void report(RoleReport& report) const;

 private:
  std::unique_ptr<edge::decoy::Decoy> decoy_;
};

// "decoy:0" … and "probe:0" …, in the order of the settings' decoys and their ports.
[[nodiscard]] std::vector<edge::decoy::Place> places_of(const settings::Decoy& settings);

}  // namespace postern::daemon
