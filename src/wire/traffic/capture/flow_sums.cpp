// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/capture/flow_sums.h"

#include <algorithm>

namespace postern::wire {

size_t FlowSums::KeyHash::operator()(const Key& k) const noexcept {
  const size_t ports = size_t{k.source_port} << 24 | size_t{k.destination_port} << 8 | k.protocol;
  const std::hash<IpAddress> hash;
  return (hash(k.source) * 31 + hash(k.destination)) * 0x9e3779b97f4a7c15U + ports * 0xff51afd7ed558ccdU;
}

void FlowSums::end_first() {
  const model::Flow flow = idle_.front();
  flows_.erase({flow.source, flow.destination, flow.source_port, flow.destination_port, flow.protocol});
  idle_.pop_front();
  emit_(flow);
}

void FlowSums::advance(Time now) {
  clock_ = std::max(clock_, now);
  while (!idle_.empty() && clock_ - idle_.front().end > limits_.idle) end_first();
}

void FlowSums::add(Time at, const PacketHeaders& p) {
  advance(at);
  const auto [found, fresh] =
      flows_.try_emplace({p.source, p.destination, p.source_port, p.destination_port, p.protocol});
  if (!fresh && at - found->second->begin > limits_.active) {
    emit_(*found->second);
    *found->second = {};
  }
  if (fresh) found->second = idle_.emplace(idle_.end());
  model::Flow& flow = *found->second;
  idle_.splice(idle_.end(), idle_, found->second);
  if (flow.packets == 0) {
    flow.begin = flow.end = at;
    flow.source = p.source;
    flow.destination = p.destination;
    flow.source_port = p.source_port;
    flow.destination_port = p.destination_port;
    flow.protocol = p.protocol;
    flow.flags_known = p.flags_known;
  }
  flow.begin = std::min(flow.begin, at);
  flow.end = std::max(flow.end, at);
  flow.tcp_flags |= p.tcp_flags;
  ++flow.packets;
  flow.bytes += p.octets;
  if (flows_.size() > limits_.flows_max) {
    ++ended_early_;
    end_first();
  }
}

void FlowSums::finish() {
  while (!idle_.empty()) end_first();
}

}  // namespace postern::wire
