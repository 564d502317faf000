// SPDX-License-Identifier: Apache-2.0
#include "observe/gate_events/gate_events.h"

namespace postern::observe::gate_events {

GateEvents::GateEvents(gate::Gate& gate, sys::Loop& loop, Sinks sinks, Now now)
    : gate_(gate), loop_(loop), sinks_(std::move(sinks)), now_(std::move(now)) {
  loop_.watch(gate_.events_fd(), EPOLLIN, [this](uint32_t) { drain(); });
  timer_ = loop_.every(seconds(1), [this] { sweep(); });
}

GateEvents::~GateEvents() {
  loop_.cancel(timer_);
  loop_.forget(gate_.events_fd());
}

void GateEvents::emit(const gate::Contact& contact) {
  ++contacts_;
  sinks_.contact({0, contact.at, contact.contact});
}

void GateEvents::drain() {
  gate_.drain(now_(), [this](const gate::Contact& c) { emit(c); });
}

void GateEvents::sweep() {
  const Time now = now_();
  gate_.sweep_pending(now, [this](const gate::Contact& c) { emit(c); });
  gate_.sums([&](const model::LineSum& sum) { sinks_.sum({0, now, sum}); });
}

}  // namespace postern::observe::gate_events
