// SPDX-License-Identifier: Apache-2.0
// sFlow version 5 (sflow.org/sflow_version_5.txt): one Flow of one packet for each packet sampled.
#include <algorithm>

#include "wire/traffic/flow/flow_export.h"
#include "wire/traffic/octets.h"
#include "wire/traffic/packet/headers.h"

namespace postern::wire {
namespace {

enum Sample : uint32_t { kFlowSample = 1, kExpandedFlowSample = 3 };
enum Record : uint32_t { kRawHeader = 1, kIpv4 = 3, kIpv6 = 4 };

uint16_t link_of(uint32_t header_protocol) {
  switch (header_protocol) {
    case 1:
      return kLinkEthernet;
    case 11:
      return kLinkIpv4;
    case 12:
      return kLinkIpv6;
    default:
      return UINT16_MAX;
  }
}

}  // namespace

void FlowExport::sflow(const IpAddress& exporter, Time received, ByteView datagram) {
  Octets in(datagram);
  in.skip(4);
  const uint32_t family = in.u32();
  in.skip(family == 1 ? 4 : family == 2 ? 16 : 0);
  const uint32_t agent = in.u32();
  const uint32_t sequence = in.u32();
  in.skip(4);
  const uint32_t samples = in.u32();
  if (!in.ok()) return fault(FlowFault::short_datagram);
  if (!received) return fault(FlowFault::no_time);  // it has none of its own
  Domain* d = domain(exporter, 0, agent, received);
  if (d == nullptr) return;
  count(d->sequence.see(sequence, 1));
  for (uint32_t i = 0; i < samples; ++i) {
    const uint32_t format = in.u32();
    const ByteView sample = in.take(in.u32());
    if (!in.ok()) return fault(FlowFault::length);
    if (format == kFlowSample || format == kExpandedFlowSample)
      sflow_sample(sample, format == kExpandedFlowSample, received);
  }
}

void FlowExport::sflow_sample(ByteView sample, bool expanded, Time at) {
  Octets in(sample);
  in.skip(expanded ? 12 : 8);
  const uint32_t rate = in.u32();
  in.skip(expanded ? 24 : 16);
  const uint32_t records = in.u32();
  if (!in.ok()) return fault(FlowFault::length);
  bool given = false;
  for (uint32_t i = 0; i < records; ++i) {
    const uint32_t format = in.u32();
    const ByteView record = in.take(in.u32());
    if (!in.ok()) return fault(FlowFault::length);
    // The same packet may be told twice, as octets and as fields.
    if (given || (format != kRawHeader && format != kIpv4 && format != kIpv6)) continue;
    const uint64_t before = stats_.flows;
    sflow_record(format, record, std::max<uint32_t>(1, rate), at);
    given = stats_.flows != before;
  }
}

void FlowExport::sflow_record(uint32_t format, ByteView record, uint32_t rate, Time at) {
  Octets in(record);
  model::Flow f{.begin = at, .end = at, .packets = 1, .sampling = rate};
  if (format == kRawHeader) {
    const uint16_t link = link_of(in.u32());
    in.skip(8);
    const ByteView header = in.take(in.u32());
    if (!in.ok()) return fault(FlowFault::record_broken);
    const auto h = read_headers(link, header);
    if (!h) return fault(FlowFault::header_unread);
    f.source = h->source;
    f.destination = h->destination;
    f.source_port = h->source_port;
    f.destination_port = h->destination_port;
    f.protocol = h->protocol;
    f.tcp_flags = h->tcp_flags;
    f.flags_known = h->flags_known;
    f.bytes = h->octets;
    return give(f);
  }
  f.bytes = in.u32();
  f.protocol = static_cast<uint8_t>(in.u32());
  f.source = format == kIpv4 ? in.v4() : in.v6();
  f.destination = format == kIpv4 ? in.v4() : in.v6();
  f.source_port = static_cast<uint16_t>(in.u32());
  f.destination_port = static_cast<uint16_t>(in.u32());
  f.tcp_flags = static_cast<uint8_t>(in.u32());
  f.flags_known = f.protocol == 6;
  if (!in.ok()) return fault(FlowFault::record_broken);
  give(f);
}

}  // namespace postern::wire
