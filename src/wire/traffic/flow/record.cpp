// SPDX-License-Identifier: Apache-2.0
// Records of NetFlow v9 and IPFIX: what they say, as a Flow.
#include <algorithm>
#include <limits>

#include "wire/traffic/flow/flow_export.h"

namespace postern::wire {
namespace {

using enum Element;

IpAddress address(Family family, ByteView octets) {
  IpAddress a{.family = family, .bytes = {}};
  std::memcpy(a.bytes.data(), octets.data(), octets.size());
  return a;
}

bool is_zero(ByteView octets) {
  return std::all_of(octets.begin(), octets.end(), [](std::byte b) { return b == std::byte{}; });
}

// Templates that carry both families leave the one that is not there zero.
IpAddress pick(const RecordValues& v, Element four, ByteView v4, Element six, ByteView v6) {
  if (v.has(four) && !(v.has(six) && is_zero(v4) && !is_zero(v6))) return address(Family::v4, v4);
  if (v.has(six)) return address(Family::v6, v6);
  return {};
}

// Also left zero where it is not said.
bool is_none(const IpAddress& a) { return a == IpAddress{.family = a.family, .bytes = {}}; }

// Times of strangers: any number of 64 bits, and its sums must stay in ours.
constexpr uint64_t kSecondsMax = uint64_t{1} << 33;
Time of_seconds(uint64_t s) { return Time{} + seconds(static_cast<int64_t>(std::min(s, kSecondsMax))); }
Time of_milliseconds(uint64_t ms) {
  return Time{} + milliseconds(static_cast<int64_t>(std::min(ms, kSecondsMax * 1000)));
}
Time of_ntp(uint64_t ntp) {
  constexpr uint64_t kNtpEpoch = 2'208'988'800;  // 1900 to 1970
  const uint64_t s = ntp >> 32;
  if (s < kNtpEpoch) return {};
  return of_seconds(s - kNtpEpoch) + microseconds(static_cast<int64_t>((ntp & 0xffffffffU) * 1'000'000 >> 32));
}
Duration of_microseconds(uint64_t us) {
  return microseconds(static_cast<int64_t>(std::min<uint64_t>(us, uint64_t{1} << 53)));
}

}  // namespace

bool FlowExport::times(const Message& m, const RecordValues& v, model::Flow& f) const {
  const Time boot = v.has(boot_ms) ? of_milliseconds(v.get(boot_ms)) : m.domain.boot;
  const auto at = [&](Element ms, Element s, Element ntp, Element ago, Element uptime) -> Time {
    if (v.has(ms)) return of_milliseconds(v.get(ms));
    if (v.has(ntp)) return of_ntp(v.get(ntp));
    if (v.has(s)) return of_seconds(v.get(s));
    if (v.has(ago)) return m.exported - of_microseconds(v.get(ago));
    if (v.has(uptime) && !m.ipfix)
      return m.exported + milliseconds(static_cast<int32_t>(static_cast<uint32_t>(v.get(uptime)) - m.uptime_ms));
    if (v.has(uptime) && boot) return boot + milliseconds(static_cast<int64_t>(v.get(uptime) & 0xffffffffU));
    return {};
  };
  f.begin = at(first_ms, first_s, first_ntp, first_ago_us, first_uptime_ms);
  f.end = at(last_ms, last_s, last_ntp, last_ago_us, last_uptime_ms);
  const Duration length = v.has(duration_us)
                              ? of_microseconds(v.get(duration_us))
                              : of_microseconds(std::min<uint64_t>(v.get(duration_ms), uint64_t{1} << 43) * 1000);
  if (!f.begin && f.end) f.begin = f.end - length;
  if (!f.end && f.begin) f.end = f.begin + length;
  // Events (firewall logs, IPFIX without its exporter's boot time) happen when they are told.
  if (!f.begin) f.begin = f.end = m.exported;
  if (!f.begin) return false;
  f.begin = f.begin + m.correction;
  f.end = std::max(f.begin, f.end + m.correction);
  return true;
}

namespace {
// 1 in how many, as far as these fields say it; 0: they do not.
uint32_t said_sampling(const RecordValues& v) {
  uint64_t n = 0;
  if (v.get(sampling_size) > 0) {
    n = v.get(sampling_population) / v.get(sampling_size);
  } else if (v.has(sampling_space) && v.get(sampling_interval) > 0) {  // interval packets, then space not (RFC 5477)
    n = 1 + v.get(sampling_space) / v.get(sampling_interval);
  } else {
    n = v.get(sampling_interval);
  }
  return static_cast<uint32_t>(std::min<uint64_t>(n, std::numeric_limits<uint32_t>::max()));
}
}  // namespace

uint32_t FlowExport::sampling(const Message& m, const RecordValues& v) {
  if (const uint32_t said = said_sampling(v); said != 0) return said;
  if (v.has(sampler)) {
    const auto found = m.domain.samplers.find(v.get(sampler));
    if (found != m.domain.samplers.end()) return found->second;
    if (m.domain.sampling == 0 && v.get(sampler) != 0) ++stats_.sampling_unknown;
  }
  return std::max<uint32_t>(1, m.domain.sampling);
}

void FlowExport::options_record(Message& m, const RecordValues& v) {
  if (v.has(boot_ms)) m.domain.boot = of_milliseconds(v.get(boot_ms));
  const uint32_t said = said_sampling(v);
  if (said == 0) return;
  if (!v.has(sampler)) {
    m.domain.sampling = said;
  } else if (m.domain.samplers.size() < limits_.samplers_max || m.domain.samplers.contains(v.get(sampler))) {
    m.domain.samplers[v.get(sampler)] = said;
  } else {
    fault(FlowFault::samplers_full);
  }
}

// IANA "NAT Event Type". What is historic is what Cisco's NAT logs still say.
bool FlowExport::nat_record(const Message& m, const RecordValues& v) {
  const uint64_t event = v.get(nat_event);
  const bool given = event == 1 || event == 4 || event == 6 || event == 8 || event == 10 || event == 14 || event == 16;
  const bool taken = event == 2 || event == 5 || event == 7 || event == 9 || event == 11 || event == 15 || event == 17;
  if (!given && !taken) return false;
  model::NatBlock b;
  b.given = given;
  b.inside = pick(v, source_v4, v.source_v4, source_v6, v.source_v6);
  if (is_none(b.inside)) b.inside = {};
  b.outside = pick(v, post_source_v4, v.post_source_v4, post_source_v6, v.post_source_v6);
  const uint64_t first = v.get(range_first, v.get(post_source_port));
  const uint64_t ports = v.get(range_ports);
  const bool block = v.has(range_first);
  const bool one = !block && v.get(post_source_port) != 0;
  const uint64_t last = v.has(range_last) ? v.get(range_last) : block && ports != 0 ? first + ports - 1 : first;
  b.first_port = static_cast<uint16_t>(block || one ? first : 0);
  b.last_port = static_cast<uint16_t>(block ? last : one ? first : 65'535);
  b.protocol = static_cast<uint8_t>(one ? v.get(protocol) : 0);
  const IpAddress to = pick(v, destination_v4, v.destination_v4, destination_v6, v.destination_v6);
  if (one && !is_none(to)) b.to = {to, static_cast<uint16_t>(v.get(destination_port))};
  const bool steps = block && v.get(range_step, 1) > 1;  // every n-th port: not a range
  if (!b.outside || (given && !b.inside) || first > 65'535 || last > 65'535 || last < first || steps) {
    fault(FlowFault::nat_unread);
    return true;
  }
  b.at = (v.has(observed_ms) ? of_milliseconds(v.get(observed_ms)) : m.exported) + m.correction;
  ++stats_.nat_events;
  b.exporter = m.exporter;
  if (nat_.logged) nat_.logged(b);
  return true;
}

void FlowExport::flow_record(const Message& m, const RecordValues& v) {
  if (v.has(nat_event) && nat_record(m, v)) return;
  model::Flow f;
  f.source = pick(v, source_v4, v.source_v4, source_v6, v.source_v6);
  f.destination = pick(v, destination_v4, v.destination_v4, destination_v6, v.destination_v6);
  if (!f.source || !f.destination) return fault(FlowFault::no_addresses);
  if (!times(m, v, f)) return fault(FlowFault::no_time);
  f.protocol = static_cast<uint8_t>(v.get(protocol));
  f.source_port = static_cast<uint16_t>(v.get(source_port));
  f.destination_port = static_cast<uint16_t>(v.get(destination_port));
  if (f.protocol == 1 || f.protocol == 58) {
    const uint64_t apart = v.get(icmp_type) << 8 | v.get(icmp_code);
    if (v.has(icmp_type)) f.destination_port = static_cast<uint16_t>(apart);
    if (v.has(icmp_type_code)) f.destination_port = static_cast<uint16_t>(v.get(icmp_type_code));
  }
  f.tcp_flags = static_cast<uint8_t>(v.get(tcp_flags));
  f.flags_known = f.protocol == kTcp && v.has(tcp_flags);
  f.packets = v.get(packets, v.get(initiator_packets));
  f.bytes = v.get(octets, v.get(initiator_octets));
  f.sampling = sampling(m, v);
  give(f);
}

}  // namespace postern::wire
