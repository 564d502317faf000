// SPDX-License-Identifier: Apache-2.0
#include "gate/policy.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace postern::gate {
namespace {
constexpr uint64_t kTickNs = uint64_t{1} << PN_TICK_SHIFT;
constexpr uint64_t kUnitNs = uint64_t{1} << PN_UNIT_SHIFT;

uint32_t rate_of(uint32_t interval, Duration per) {
  if (interval == 0) return 0;
  const uint64_t units = static_cast<uint64_t>(per.us) * 1000 / kUnitNs;
  return static_cast<uint32_t>((units + interval / 2) / interval);
}
uint16_t burst_of(uint32_t burst) { return static_cast<uint16_t>(std::clamp<uint32_t>(burst, 1, 65'535)); }
}  // namespace

Time Clocks::time_of(uint64_t at_boot_ns) const {
  return now + microseconds((static_cast<int64_t>(at_boot_ns) - static_cast<int64_t>(boot_ns)) / 1000);
}

uint32_t Clocks::tick_of(Time at) const {
  if (!at) return 0;
  const int64_t ns = static_cast<int64_t>(boot_ns) + std::clamp((at - now).us, -days(3650).us, days(3650).us) * 1000;
  if (ns <= 0) return 1;
  const uint64_t tick = (static_cast<uint64_t>(ns) + kTickNs - 1) / kTickNs;
  return static_cast<uint32_t>(std::clamp<uint64_t>(tick, 1, std::numeric_limits<uint32_t>::max()));
}

Time Clocks::time_of_tick(uint32_t tick) const { return tick == 0 ? Time{} : time_of(tick * kTickNs); }

uint32_t interval_units(uint64_t rate, Duration per) {
  if (rate == 0) return 0;
  const uint64_t units = static_cast<uint64_t>(per.us) * 1000 / kUnitNs / rate;
  return static_cast<uint32_t>(std::clamp<uint64_t>(units, 1, std::numeric_limits<uint32_t>::max()));
}

void set_verdict(SlotPolicy& p, model::Verdict verdict, model::Reason reason) {
  p.policy = PN_POLICY(static_cast<unsigned>(verdict) + PN_OPEN, static_cast<unsigned>(reason) & 31);
}

void set_limits(SlotPolicy& p, const model::Limits& limits) {
  p.connection_interval = interval_units(limits.connections_per_min, minutes(1));
  p.network_interval = interval_units(limits.networks_per_hour, hours(1));
  p.connection_burst = burst_of(limits.connections_burst);
  p.network_burst = burst_of(limits.networks_burst);
}

void set_memory(SlotPolicy& p, Duration destination_memory) {
  uint64_t units = static_cast<uint64_t>(std::max<int64_t>(destination_memory.us, 1)) * 1000 / kTickNs;
  uint8_t shift = 0;
  for (; units > 127; ++shift) units = (units + 1) / 2;
  p.memory_shift = shift;
  p.memory_units = static_cast<uint8_t>(std::max<uint64_t>(units, 1));
}

SlotPolicy policy_of_slot(const pn_slot& s, const pn_past& past, uint32_t revision) {
  return {.policy = s.policy,
          .memory_shift = s.memory_shift,
          .memory_units = s.memory_units,
          .expires = s.expires,
          .access_ifindex = s.access_ifindex,
          .vlan_outer = s.vlan_outer,
          .vlan_inner = s.vlan_inner,
          .connection_interval = s.connection_interval,
          .network_interval = past.network_interval,
          .connection_burst = s.connection_burst,
          .network_burst = past.network_burst,
          .revision = revision,
          .listed = {}};
}

model::Limits limits_of(const pn_slot& s, const pn_past& past) {
  model::Limits l;
  l.connections_per_min = rate_of(s.connection_interval, minutes(1));
  l.networks_per_hour = rate_of(past.network_interval, hours(1));
  if (l.connections_per_min != 0) l.connections_burst = s.connection_burst;
  if (l.networks_per_hour != 0) l.networks_burst = past.network_burst;
  return l;
}

std::array<uint8_t, 16> mapped(const IpAddress& a) {
  if (a.family == Family::v6) return a.bytes;
  std::array<uint8_t, 16> out{};
  out[10] = out[11] = 0xff;
  std::copy_n(a.bytes.begin(), 4, out.begin() + 12);
  return out;
}

IpAddress unmapped(const uint8_t (&bytes)[16]) {
  static constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  IpAddress a;
  if (std::memcmp(bytes, kMapped, sizeof kMapped) == 0) {
    a.family = Family::v4;
    std::copy_n(bytes + 12, 4, a.bytes.begin());
  } else {
    a.family = Family::v6;
    std::copy_n(bytes, 16, a.bytes.begin());
  }
  return a;
}

pn_key6 key6_of(const Prefix& p) {
  pn_key6 k{};
  for (size_t i = 0; i < 8; ++i) {
    k.high = k.high << 8 | p.address.bytes[i];
    k.low = k.low << 8 | p.address.bytes[i + 8];
  }
  k.length = p.length;
  return k;
}

Prefix prefix_of(const pn_key6& k) {
  IpAddress a{Family::v6, {}};
  for (size_t i = 0; i < 8; ++i) {
    a.bytes[i] = static_cast<uint8_t>(k.high >> (56 - 8 * i));
    a.bytes[i + 8] = static_cast<uint8_t>(k.low >> (56 - 8 * i));
  }
  return Prefix::of(a, static_cast<uint8_t>(k.length));
}

}  // namespace postern::gate
