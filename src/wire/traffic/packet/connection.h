// SPDX-License-Identifier: Apache-2.0
// A TCP connection by its ends, and tables of connections that are remembered for a while. Pure; the time is that of
// the packets, and an earlier one than was seen before turns nothing back.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <unordered_map>
#include <utility>

#include "base/time.h"
#include "model/flow.h"
#include "wire/traffic/packet/headers.h"

namespace postern::wire {

struct Connection {
  IpAddress client;
  IpAddress server;
  uint16_t client_port = 0;
  uint16_t port = 0;
  bool operator==(const Connection&) const = default;

  [[nodiscard]] static Connection by_client(const PacketHeaders& p) {
    return {p.source, p.destination, p.source_port, p.destination_port};
  }
  [[nodiscard]] static Connection by_server(const PacketHeaders& p) {
    return {p.destination, p.source, p.destination_port, p.source_port};
  }
};

// The one packet as a flow of its sender, in a connection that both ends talked in.
[[nodiscard]] inline model::Flow talk_of(const PacketHeaders& p, Time begin, Time end) {
  constexpr uint8_t kTcp = 6;
  constexpr uint8_t kTalked = 0x1a;  // SYN, ACK and PSH
  model::Flow flow;
  flow.begin = begin;
  flow.end = end;
  flow.source = p.source;
  flow.destination = p.destination;
  flow.source_port = p.source_port;
  flow.destination_port = p.destination_port;
  flow.protocol = kTcp;
  flow.tcp_flags = kTalked;
  flow.flags_known = true;
  flow.packets = 1;
  flow.bytes = p.octets;
  return flow;
}

struct ConnectionHash {
  size_t operator()(const Connection& c) const noexcept {
    const std::hash<IpAddress> hash;
    return (hash(c.client) * 31 + hash(c.server)) * 65'599 + (size_t{c.client_port} << 16) + c.port;
  }
};

// `V` has a member `Time at`: when the connection was put here. Bounded: most(), of which the oldest gives way,
// counted.
template <class V>
class Lately {
 public:
  Lately(Duration kept, size_t most) : kept_(kept), most_(most) {}

  void advance(Time now) {
    clock_ = std::max(clock_, now);
    while (!order_.empty() && clock_ - order_.front().first > kept_) (void)forget_first();
  }
  [[nodiscard]] V* find(const Connection& key) {
    const auto it = known_.find(key);
    return it == known_.end() ? nullptr : &it->second;
  }
  // What there is already stays as it is; false then.
  std::pair<V*, bool> put(const Connection& key, V value) {
    const Time at = value.at;
    const auto [it, fresh] = known_.try_emplace(key, std::move(value));
    V* found = &it->second;
    if (!fresh) return {found, false};
    order_.emplace_back(at, key);
    if (order_.size() > most_) forgotten_early_ += forget_first() ? 1 : 0;
    return {found, true};
  }
  void erase(const Connection& key) { known_.erase(key); }
  [[nodiscard]] size_t size() const { return known_.size(); }
  [[nodiscard]] uint64_t forgotten_early() const { return forgotten_early_; }

 private:
  bool forget_first() {
    const auto [at, key] = order_.front();
    order_.pop_front();
    const auto it = known_.find(key);
    if (it == known_.end() || it->second.at != at) return false;
    known_.erase(it);
    return true;
  }

  Duration kept_;
  size_t most_;
  Time clock_;
  std::deque<std::pair<Time, Connection>> order_;  // oldest first; some are gone already
  std::unordered_map<Connection, V, ConnectionHash> known_;
  uint64_t forgotten_early_ = 0;
};

}  // namespace postern::wire
