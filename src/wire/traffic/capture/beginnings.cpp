// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/capture/beginnings.h"

#include <algorithm>

namespace postern::wire {
namespace {
constexpr uint8_t kSyn = 2;
constexpr uint8_t kAck = 16;
constexpr uint64_t kSilentOf = 20;  // 1 in 20: more answers than that are missing, and silence says nothing
}  // namespace

size_t Beginnings::Hash::operator()(const Key& key) const noexcept {
  const std::hash<IpAddress> hash;
  return (hash(key.client) * 31 + hash(key.server)) * 65'599 + (size_t{key.client_port} << 16) + key.port;
}

void Beginnings::forget_first() {
  const auto [begun, key] = order_.front();
  order_.pop_front();
  if (const auto it = connections_.find(key); it != connections_.end() && it->second.begun == begun)
    connections_.erase(it);
}

void Beginnings::advance(Time now) {
  clock_ = std::max(clock_, now);
  while (!order_.empty() && clock_ - order_.front().first > kBeginning) forget_first();
}

Beginnings::Connection& Beginnings::begin(const Key& key, Time at) {
  const auto [found, fresh] = connections_.try_emplace(key, Connection{.begun = at});
  if (!fresh) return found->second;
  order_.emplace_back(at, key);
  if (order_.size() > kConnectionsMax) {
    ++forgotten_early_;
    forget_first();
  }
  return found->second;
}

void Beginnings::add(Time at, const PacketHeaders& p) {
  advance(at);
  if ((p.tcp_flags & (kSyn | kAck)) == (kSyn | kAck)) return answer(at, p);
  if ((p.tcp_flags & kSyn) == 0) return go_on(at, p);
  begin({p.source, p.destination, p.source_port, p.destination_port}, at).asked = true;
  emit_(at, p);
}

void Beginnings::answer(Time at, const PacketHeaders& p) {
  Connection& c = begin({p.destination, p.source, p.destination_port, p.source_port}, at);
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
  if (const auto it = connections_.find({p.source, p.destination, p.source_port, p.destination_port});
      it != connections_.end()) {
    Connection& c = it->second;
    if (!c.answered && !c.acknowledged && (p.tcp_flags & kAck) != 0) {
      c.acknowledged = true;
      ++heard_client_;
    }
    return emit_(at, p);
  }
  if (connections_.contains({p.destination, p.source, p.destination_port, p.source_port})) return emit_(at, p);
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
