// SPDX-License-Identifier: Apache-2.0
// What the versions have in common, and NetFlow v5.
#include "wire/traffic/flow/flow_export.h"

#include <algorithm>

#include "wire/traffic/octets.h"

namespace postern::wire {

void FlowExport::decode(const IpAddress& exporter, Time received, ByteView datagram) {
  ++stats_.datagrams;
  if (datagram.size() < 4) return fault(FlowFault::short_datagram);
  Octets in(datagram);
  const uint16_t version = in.u16();
  if (version == 5) return netflow5(exporter, received, datagram);
  if (version == 9) return netflow9(exporter, received, datagram);
  if (version == 10) return ipfix(exporter, received, datagram);
  if (version == 0 && in.u16() == 5) return sflow(exporter, received, datagram);
  fault(FlowFault::version);
}

void FlowExport::expire(Time now) {
  for (auto it = domains_.begin(); it != domains_.end();) {
    Domain& d = it->second;
    const size_t gone =
        std::erase_if(d.templates, [&](const auto& t) { return now - t.second.refreshed > limits_.template_life; });
    stats_.expired += gone;
    templates_ -= gone;
    if (now - d.seen > limits_.domain_life) {
      templates_ -= d.templates.size();
      it = domains_.erase(it);
    } else {
      ++it;
    }
  }
}

Domain* FlowExport::domain(const IpAddress& exporter, uint64_t version, uint64_t number, Time now) {
  const Key key{.exporter = exporter, .domain = version << 32 | number};
  auto found = domains_.find(key);
  if (found == domains_.end()) {
    if (domains_.size() >= limits_.domains_max) {
      fault(FlowFault::domains_full);
      return nullptr;
    }
    found = domains_.try_emplace(key).first;
  }
  found->second.seen_before = std::exchange(found->second.seen, now);
  return &found->second;
}

Sequence::Seen FlowExport::count(const Sequence::Seen& seen) {
  stats_.lost += seen.lost;
  stats_.late += seen.late ? 1 : 0;
  stats_.restarts += seen.restarted ? 1 : 0;
  return seen;
}

void FlowExport::netflow5(const IpAddress& exporter, Time received, ByteView datagram) {
  constexpr size_t kHead = 24;
  constexpr size_t kRecord = 48;
  Octets in(datagram);
  in.skip(2);
  const uint16_t records = in.u16();
  const uint32_t uptime_ms = in.u32();
  const uint32_t exported_s = in.u32();  // one statement each: the order within one is the compiler's
  const uint32_t exported_ns = in.u32();
  const Time exported = Time{} + seconds(exported_s) + microseconds(exported_ns / 1000);
  const uint32_t sequence = in.u32();
  const uint16_t engine = in.u16();
  const uint16_t sampling = in.u16() & 0x3fffU;
  if (datagram.size() < kHead) return fault(FlowFault::short_datagram);
  if (datagram.size() < kHead + records * kRecord) fault(FlowFault::length);
  const Time now = received ? received : exported;
  Domain* d = domain(exporter, 5, engine, now);
  if (d == nullptr) return;
  count(d->sequence.see(sequence, records));
  d->clock.see(now, exported);
  const Duration correction = d->clock.correction();
  if (correction != Duration{}) ++stats_.skewed;
  // Milliseconds of 32 bits go round every 50 days: differences, with their sign.
  const auto at = [&](uint32_t ms) {
    return exported + correction + milliseconds(static_cast<int32_t>(ms - uptime_ms));
  };
  const size_t whole = std::min<size_t>(records, in.left() / kRecord);
  for (size_t i = 0; i < whole; ++i) {
    if (wanted_ != nullptr) {
      const ByteView record = in.rest();
      Octets ports(record);
      ports.skip(32);
      const uint16_t source_port = ports.u16();
      const uint16_t destination_port = ports.u16();
      ports.skip(1);
      const uint8_t flags = ports.u8();
      const uint8_t protocol = ports.u8();
      const bool of_peer = peers_ != nullptr && protocol == kTcp &&
                           (peers_->may_have_v4(record) || peers_->may_have_v4(record.subspan(4)));
      if (!of_peer && !is_wanted(protocol, source_port, destination_port, flags)) {
        ++stats_.passed_over;
        in.skip(kRecord);
        continue;
      }
    }
    model::Flow f;
    f.source = in.v4();
    f.destination = in.v4();
    in.skip(8);
    f.packets = in.u32();
    f.bytes = in.u32();
    f.begin = at(in.u32());
    f.end = std::max(f.begin, at(in.u32()));
    f.source_port = in.u16();
    f.destination_port = in.u16();
    in.skip(1);
    f.tcp_flags = in.u8();
    f.protocol = in.u8();
    f.flags_known = f.protocol == 6;
    f.sampling = std::max<uint32_t>(1, sampling);
    in.skip(9);
    give(f);
  }
}

}  // namespace postern::wire
