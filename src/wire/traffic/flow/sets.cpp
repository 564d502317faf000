// SPDX-License-Identifier: Apache-2.0
// NetFlow v9 and IPFIX messages: heads, sets, templates.
#include <algorithm>

#include "wire/traffic/flow/flow_export.h"
#include "wire/traffic/octets.h"

namespace postern::wire {
namespace {
constexpr uint16_t kFirstTemplate = 256;
}

void FlowExport::netflow9(const IpAddress& exporter, Time received, ByteView datagram) {
  Octets in(datagram);
  in.skip(4);  // the count of records is wrong often enough that nobody goes by it
  const uint32_t uptime_ms = in.u32();
  const Time exported = Time{} + seconds(in.u32());
  const uint32_t sequence = in.u32();
  const uint32_t source = in.u32();
  if (!in.ok()) return fault(FlowFault::short_datagram);
  const Time now = received ? received : exported;
  Domain* d = domain(exporter, 9, source, now);
  if (d == nullptr) return;
  const Sequence::Seen seen = count(d->sequence.see(sequence, 1));
  if ((seen.lost != 0 || seen.restarted) && nat_.lost) nat_.lost({exporter, d->seen_before, now});
  d->clock.see(now, exported);
  Message m{.domain = *d,
            .exporter = exporter,
            .exported = exported,
            .uptime_ms = uptime_ms,
            .correction = d->clock.correction(),
            .received = now};
  if (m.correction != Duration{}) ++stats_.skewed;
  sets(m, in.rest());
}

void FlowExport::ipfix(const IpAddress& exporter, Time received, ByteView datagram) {
  constexpr size_t kHead = 16;
  Octets in(datagram);
  in.skip(2);
  const size_t octets = in.u16();
  const Time exported = Time{} + seconds(in.u32());
  const uint32_t sequence = in.u32();
  const uint32_t number = in.u32();
  if (!in.ok()) return fault(FlowFault::short_datagram);
  if (octets < kHead || octets > datagram.size()) return fault(FlowFault::length);
  const Time now = received ? received : exported;
  Domain* d = domain(exporter, 10, number, now);
  if (d == nullptr) return;
  d->clock.see(now, exported);
  Message m{.domain = *d,
            .exporter = exporter,
            .ipfix = true,
            .exported = exported,
            .correction = d->clock.correction(),
            .received = now};
  if (m.correction != Duration{}) ++stats_.skewed;
  sets(m, datagram.subspan(kHead, octets - kHead));
  const Sequence::Seen seen = count(d->sequence.see(sequence, m.records, m.all_known));
  if ((seen.lost != 0 || seen.restarted) && nat_.lost) nat_.lost({exporter, d->seen_before, now});
}

void FlowExport::sets(Message& m, ByteView in) {
  constexpr size_t kSetHead = 4;
  const uint16_t templates = m.ipfix ? 2 : 0;
  while (in.size() >= kSetHead) {
    Octets head(in);
    const uint16_t id = head.u16();
    const size_t octets = head.u16();
    if (octets < kSetHead || octets > in.size()) {
      // Zeros up to the end of the datagram are padding that some exporters send.
      if (std::any_of(in.begin(), in.end(), [](std::byte b) { return b != std::byte{}; })) fault(FlowFault::length);
      m.all_known = false;
      return;
    }
    const ByteView body = in.subspan(kSetHead, octets - kSetHead);
    if (id == templates || id == templates + 1) {
      template_set(m, body, id != templates);
    } else if (id >= kFirstTemplate) {
      data_set(m, id, body);
    } else {
      fault(FlowFault::length);
    }
    in = in.subspan(octets);
  }
}

std::optional<std::vector<TemplateField>> FlowExport::template_fields(const Message& m, ByteView& in, size_t count) {
  if (count > kTemplateFieldsMax) return std::nullopt;
  Octets octets(in);
  std::vector<TemplateField> fields;
  fields.reserve(std::min(count, in.size() / 4));
  for (size_t i = 0; i < count; ++i) {
    TemplateField f{.number = octets.u16(), .octets = octets.u16()};
    if (m.ipfix && (f.number & 0x8000U) != 0) {
      octets.skip(4);
      f.number = 0;
    }
    if (!octets.ok()) return std::nullopt;
    if (!m.ipfix && f.octets == kVariableLength) return std::nullopt;
    fields.push_back(f);
  }
  in = octets.rest();
  return fields;
}

void FlowExport::template_set(Message& m, ByteView in, bool options) {
  while (in.size() >= 4) {
    Octets head(in);
    const uint16_t id = head.u16();
    const size_t first = head.u16();
    if (id < kFirstTemplate) {
      if (m.ipfix && first == 0 && id == (options ? 3 : 2)) {
        withdraw(m, 0, options);
      } else if (id != 0 || first != 0) {
        fault(FlowFault::template_broken);
        return;
      }
      in = in.subspan(4);  // padding
      continue;
    }
    if (m.ipfix && first == 0) {
      withdraw(m, id, options);
      in = in.subspan(4);
      continue;
    }
    size_t fields = first;
    if (options && m.ipfix) {
      head.u16();  // of these are scope: they are read like the others
    } else if (options) {
      fields = (first + head.u16()) / 4;  // RFC 3954 section 6.1: octets of scope, octets of options
    }
    in = head.ok() ? head.rest() : ByteView{};
    auto read = head.ok() ? template_fields(m, in, fields) : std::nullopt;
    if (!read) return fault(FlowFault::template_broken);
    // Scope fields of v9 have numbers of their own (1 = system, ...): not elements.
    if (options && !m.ipfix)
      for (size_t i = 0; i < first / 4 && i < read->size(); ++i) (*read)[i].number = 0;
    learn(m, id, std::move(*read), options);
  }
}

void FlowExport::learn(Message& m, uint16_t id, std::vector<TemplateField> fields, bool options) {
  auto found = m.domain.templates.find(id);
  if (found != m.domain.templates.end() && found->second.same(fields, options)) {
    found->second.refreshed = m.received;
    return;
  }
  auto compiled = compile(std::move(fields), options);
  if (!compiled) return fault(FlowFault::template_broken);
  if (found == m.domain.templates.end()) {
    if (templates_ >= limits_.templates_max) return fault(FlowFault::templates_full);
    found = m.domain.templates.try_emplace(id).first;
    ++templates_;
  }
  compiled->refreshed = m.received;
  found->second = std::move(*compiled);
  ++stats_.templates;
}

void FlowExport::withdraw(Message& m, uint16_t id, bool options) {
  const size_t gone = std::erase_if(
      m.domain.templates, [&](const auto& t) { return id == 0 ? t.second.options == options : t.first == id; });
  templates_ -= gone;
  stats_.withdrawn += gone;
}

bool FlowExport::may_be_of_peer(const Template& t, ByteView record) const {
  if (!t.addresses) return true;  // to be read first
  const ByteView source = record.subspan(t.addresses->source_at);
  const ByteView destination = record.subspan(t.addresses->destination_at);
  return t.addresses->v6 ? peers_->may_have_v6(source) || peers_->may_have_v6(destination)
                         : peers_->may_have_v4(source) || peers_->may_have_v4(destination);
}

bool FlowExport::unwanted(const Template& t, ByteView record) {
  if (wanted_ == nullptr || !t.ports || t.options || record.size() < t.record_octets) return false;
  const auto port = [&](size_t at) {
    return static_cast<uint16_t>(static_cast<uint8_t>(record[at]) << 8 | static_cast<uint8_t>(record[at + 1]));
  };
  const auto protocol = static_cast<uint8_t>(record[t.ports->protocol_at]);
  const auto flags = t.ports->tcp_flags_at ? static_cast<uint8_t>(record[*t.ports->tcp_flags_at]) : uint8_t{0};
  if (is_wanted(protocol, port(t.ports->source_at), port(t.ports->destination_at), flags)) return false;
  if (peers_ != nullptr && protocol == kTcp && may_be_of_peer(t, record)) return false;
  ++stats_.passed_over;
  return true;
}

void FlowExport::data_set(Message& m, uint16_t id, ByteView in) {
  const auto found = m.domain.templates.find(id);
  if (found == m.domain.templates.end()) {
    m.all_known = false;
    return fault(FlowFault::no_template);
  }
  const Template& t = found->second;
  RecordValues values;
  while (true) {
    if (unwanted(t, in)) {
      ++m.records;
      in = in.subspan(t.record_octets);
      continue;
    }
    bool broken = false;
    const size_t used = read_record(t, in, values, broken);
    if (broken) fault(FlowFault::record_broken);
    if (used == 0) {
      if (broken) m.all_known = false;
      return;
    }
    ++m.records;
    in = in.subspan(used);
    if (t.options) {
      options_record(m, values);
    } else {
      flow_record(m, values);
    }
  }
}

}  // namespace postern::wire
