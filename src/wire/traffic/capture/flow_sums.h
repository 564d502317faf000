// SPDX-License-Identifier: Apache-2.0
// Packets summed up to model::Flow, one direction each, the way an exporter would: a flow ends when it was idle, when
// it is longer than `active` (then it goes on as the next), or when the table is full (the one idle for longest goes
// early, and is counted). Nothing is lost, and a flow is given within idle + active of its first packet, by the clock
// of the packets: an earlier time than one seen before does not turn it back. Pure.
#pragma once

#include <functional>
#include <list>
#include <unordered_map>

#include "base/fields.h"
#include "model/flow.h"
#include "wire/traffic/packet/headers.h"

namespace postern::wire {

struct FlowSumLimits {
  Duration idle = seconds(15);
  Duration active = seconds(60);
  size_t flows_max = 262'144;  // about 300 octets each
};

class FlowSums {
 public:
  using Emit = std::function<void(const model::Flow&)>;

  FlowSums(FlowSumLimits limits, Emit emit) : limits_(limits), emit_(std::move(emit)) {}
  FlowSums(const FlowSums&) = delete;
  FlowSums& operator=(const FlowSums&) = delete;

  void add(Time at, const PacketHeaders& packet);
  void advance(Time now);  // also without packets, or the last flows are never given
  void finish();           // gives what is left
  [[nodiscard]] size_t size() const { return flows_.size(); }
  [[nodiscard]] uint64_t ended_early() const { return ended_early_; }

 private:
  struct Key {
    IpAddress source;
    IpAddress destination;
    uint16_t source_port = 0;
    uint16_t destination_port = 0;
    uint8_t protocol = 0;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    size_t operator()(const Key& k) const noexcept;
  };
  using Idle = std::list<model::Flow>;  // idle for longest first

  void end_first();

  FlowSumLimits limits_;
  Emit emit_;
  Time clock_;
  Idle idle_;
  std::unordered_map<Key, Idle::iterator, KeyHash> flows_;
  uint64_t ended_early_ = 0;
};

}  // namespace postern::wire
