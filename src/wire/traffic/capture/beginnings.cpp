// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/capture/beginnings.h"

#include <algorithm>

namespace postern::wire {
namespace {
constexpr uint8_t kSyn = 2;
constexpr uint8_t kAck = 16;
constexpr uint64_t kSilentOf = 20;  // 1 in 20: more answers than that are missing, and silence says nothing
}  // namespace

void Beginnings::advance(Time now) { connections_.advance(now); }

Beginnings::State& Beginnings::begin(const Connection& connection, Time at) {
  return *connections_.put(connection, {.at = at}).first;
}

void Beginnings::add(Time at, const PacketHeaders& p) {
  advance(at);
  if ((p.tcp_flags & (kSyn | kAck)) == (kSyn | kAck)) return answer(at, p);
  if ((p.tcp_flags & kSyn) == 0) return go_on(at, p);
  begin(Connection::by_client(p), at).asked = true;
  emit_(at, p);
}

void Beginnings::answer(Time at, const PacketHeaders& p) {
  State& c = begin(Connection::by_server(p), at);
  const bool first = !c.answered;
  const bool asked = c.asked;
  c.answered = true;
  heard_server_ += first ? 1 : 0;
  emit_(at, p);
  if (!first || !asked) return;
  PacketHeaders client;
  client.source = p.destination;
  client.destination = p.source;
  client.source_port = p.destination_port;
  client.destination_port = p.source_port;
  client.protocol = p.protocol;
  client.tcp_flags = kAck;
  client.flags_known = true;
  emit_(at, client);
}

void Beginnings::go_on(Time at, const PacketHeaders& p) {
  if (State* c = connections_.find(Connection::by_client(p)); c != nullptr) {
    if (!c->answered && !c->acknowledged && (p.tcp_flags & kAck) != 0) {
      c->acknowledged = true;
      ++heard_client_;
    }
    return emit_(at, p);
  }
  if (connections_.find(Connection::by_server(p)) != nullptr) return emit_(at, p);
  ++passed_over_;
}

void Beginnings::judge_direction() {
  const uint64_t all = heard_server_ + heard_client_;
  if (all < kAnswersAtLeast) return;
  both_ways_ = heard_client_ * kSilentOf <= all;
  heard_server_ = 0;
  heard_client_ = 0;
}

}  // namespace postern::wire
