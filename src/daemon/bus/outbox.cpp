// SPDX-License-Identifier: Apache-2.0
#include "daemon/bus/outbox.h"

#include "sys/log.h"

namespace postern::daemon {

uint64_t Outbox::put(model::Observation observation) {
  if (kept_.size() >= kOutboxMax) {
    kept_.erase(kept_.begin());
    ++overflowed_;
    sys::log(sys::Level::warning, "daemon", "OUTBOX_FULL",
             "the brain does not settle; the oldest observation was let go");
  }
  const uint64_t token = next_++;
  send_(Observed{token, observation});
  kept_.emplace(token, std::move(observation));
  return token;
}

void Outbox::put_unkept(model::Observation observation) { send_(Observed{0, std::move(observation)}); }

}  // namespace postern::daemon
