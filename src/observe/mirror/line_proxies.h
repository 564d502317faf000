// SPDX-License-Identifier: Apache-2.0
// Lines that carry connections of strangers to mail ports, as a mirror shows them (wire/traffic/proxy_seen): each line
// is told of once a day, which is all that a detector makes of it. One line's use of another's proxy is nobody's
// business. One thread.
#pragma once

#include <functional>

#include "fold/day/told_today.h"
#include "fold/outside/nats.h"
#include "model/observation.h"
#include "wire/traffic/proxy_seen/proxies.h"

namespace postern::observe::mirror {

class LineProxies {
 public:
  using LineOf = std::function<uint32_t(const IpAddress&)>;  // 0 = not a subscriber's address
  using Emit = std::function<void(model::Observation)>;

  LineProxies(fold::Nats nats, LineOf line_of, Emit emit)
      : nats_(std::move(nats)), line_of_(std::move(line_of)), emit_(std::move(emit)) {}

  void see(const wire::Proxied& proxied);
  [[nodiscard]] const fold::ToldToday& told() const { return told_; }

 private:
  fold::Nats nats_;
  LineOf line_of_;
  Emit emit_;
  fold::ToldToday told_;
};

}  // namespace postern::observe::mirror
