// SPDX-License-Identifier: Apache-2.0
#include "edge/explainer/connections.h"

#include "base/check.h"

namespace postern::edge::explainer {

Connections::Connections(uint32_t places) : all_(places) {
  for (uint32_t i = places; i-- > 0;) {
    all_[i].next = free_;
    free_ = i;
  }
}

Connection& Connections::add(int fd, Duration now) {
  PN_CHECK(!full());
  Connection& c = all_[free_];
  free_ = c.next;
  const uint32_t generation = c.generation + 1;
  c = Connection{};
  c.generation = generation == 0 ? 1 : generation;
  c.fd = fd;
  c.active_us = now.us;
  link(c, Phase::talking);
  ++open_;
  return c;
}

void Connections::remove(Connection& c) {
  unlink(c);
  c.phase = Phase::free;
  c.fd = -1;
  c.outbox.clear();
  c.next = free_;
  free_ = index_of(c);
  --open_;
}

void Connections::touch(Connection& c, Phase phase, Duration now) {
  unlink(c);
  c.active_us = now.us;
  link(c, phase);
}

Connection* Connections::oldest(Phase phase) {
  const uint32_t head = list_of(phase).head;
  return head == kNone ? nullptr : &all_[head];
}

uint64_t Connections::name_of(const Connection& c) const { return uint64_t{c.generation} << 32 | index_of(c); }

Connection* Connections::find(uint64_t name) {
  const auto index = static_cast<uint32_t>(name);
  if (index >= all_.size()) return nullptr;
  Connection& c = all_[index];
  return c.phase != Phase::free && c.generation == name >> 32 ? &c : nullptr;
}

void Connections::link(Connection& c, Phase phase) {
  List& list = list_of(phase);
  c.phase = phase;
  c.previous = list.tail;
  c.next = kNone;
  (list.tail == kNone ? list.head : all_[list.tail].next) = index_of(c);
  list.tail = index_of(c);
}

void Connections::unlink(Connection& c) {
  PN_CHECK(c.phase != Phase::free);
  List& list = list_of(c.phase);
  (c.previous == kNone ? list.head : all_[c.previous].next) = c.next;
  (c.next == kNone ? list.tail : all_[c.next].previous) = c.previous;
}

}  // namespace postern::edge::explainer
