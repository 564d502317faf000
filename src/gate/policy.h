// SPDX-License-Identifier: Apache-2.0
// Inside the room only: between model values and the words of a slot. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/ip.h"
#include "gate/bpf/gate_abi.h"
#include "model/line.h"

namespace postern::gate {

// The caller's clock beside the kernel's, read together.
struct Clocks {
  Time now;
  uint64_t boot_ns = 0;
  [[nodiscard]] Time time_of(uint64_t at_boot_ns) const;
  [[nodiscard]] uint32_t tick_of(Time at) const;         // rounded up, at least 1; 0 = unset
  [[nodiscard]] Time time_of_tick(uint32_t tick) const;  // unset for 0
};

// What the loader writes into a slot; equal policies of one line share a slot.
struct SlotPolicy {
  uint8_t policy = 0;
  uint8_t memory_shift = 0;
  uint8_t memory_units = 0;
  uint32_t expires = 0;
  uint32_t access_ifindex = 0;
  uint16_t vlan_outer = 0;
  uint16_t vlan_inner = 0;
  uint32_t connection_interval = 0;
  uint32_t network_interval = 0;
  uint16_t connection_burst = 0;
  uint16_t network_burst = 0;
  uint32_t revision = 0;
  std::vector<Prefix> listed;
  bool operator==(const SlotPolicy&) const = default;
};

void set_verdict(SlotPolicy& p, model::Verdict verdict, model::Reason reason);
void set_limits(SlotPolicy& p, const model::Limits& limits);
void set_memory(SlotPolicy& p, Duration destination_memory);
[[nodiscard]] SlotPolicy policy_of_slot(const pn_slot& slot, const pn_past& past, uint32_t revision);
[[nodiscard]] model::Limits limits_of(const pn_slot& slot, const pn_past& past);
// Units between tokens for `rate` per `per`; 0 for 0.
[[nodiscard]] uint32_t interval_units(uint64_t rate, Duration per);

[[nodiscard]] std::array<uint8_t, 16> mapped(const IpAddress& a);  // IPv4 as ::ffff:a.b.c.d
[[nodiscard]] IpAddress unmapped(const uint8_t (&bytes)[16]);
[[nodiscard]] pn_key6 key6_of(const Prefix& p);
[[nodiscard]] Prefix prefix_of(const pn_key6& k);

}  // namespace postern::gate
