// SPDX-License-Identifier: Apache-2.0
// What the kernel saw, as observations: first contacts as they happen (or as their outcome is known), and once a second
// exact counter sums of the lines that changed. Folding is the kernel's: retries and known destinations never get here.
#pragma once

#include <cstdint>
#include <functional>

#include "gate/gate.h"
#include "model/observation.h"
#include "sys/loop.h"

namespace postern::observe::gate_events {

class GateEvents {
 public:
  // `contact` must not be lost (the caller keeps it until it is settled); a lost `sum` is told again by the next one
  // only as far as its counters go on, so it is passed on apart.
  struct Sinks {
    std::function<void(model::Observation)> contact;
    std::function<void(model::Observation)> sum;
  };
  using Now = std::function<Time()>;

  GateEvents(gate::Gate& gate, sys::Loop& loop, Sinks sinks, Now now);
  ~GateEvents();
  GateEvents(const GateEvents&) = delete;
  GateEvents& operator=(const GateEvents&) = delete;

  [[nodiscard]] uint64_t contacts() const { return contacts_; }

 private:
  void drain();
  void sweep();
  void emit(const gate::Contact& contact);

  gate::Gate& gate_;
  sys::Loop& loop_;
  Sinks sinks_;
  Now now_;
  sys::Loop::TimerId timer_;
  uint64_t contacts_ = 0;
};

}  // namespace postern::observe::gate_events
