// SPDX-License-Identifier: Apache-2.0
// Datagrams of flow exporters to model::Flow: NetFlow v5, NetFlow v9 (RFC 3954), IPFIX (RFC 7011), sFlow v5
// (sflow.org). Pure; foreign bytes in. Any datagram gives the flows that can be read of it; what cannot is counted by
// reason, and never taken from what follows: a set's length bounds its faults.
//
// Templates, samplers, sequence and clock belong to (exporter's address, version, observation domain). Limits: domains
// and templates of all together, fields of one (kTemplateFieldsMax), samplers of a domain; templates not sent again
// within template_life are forgotten (over UDP nobody says that one has gone). Data that comes before its template is
// counted as lost, not kept. Enterprise elements and those that say nothing of model::Flow are passed over.
//
// What a NAT logs (RFC 8158: natEvent with the address and port, or the block of ports, that it gave or took back) goes
// another way; so does the news that something of an exporter was lost.
//
// Times are the exporter's, moved by its clock's distance from ours where that is more than kClockNear. Sampling is
// carried as said: by the record, its sampler, the domain's options or the header, in this order.
#pragma once

#include <array>
#include <bitset>
#include <functional>

#include "base/fields.h"
#include "model/flow.h"
#include "model/nat.h"
#include "wire/traffic/flow/domain.h"
#include "wire/traffic/flow/peers.h"

namespace postern::wire {

struct FlowExportLimits {
  size_t domains_max = 4'096;
  size_t templates_max = 16'384;
  size_t samplers_max = 256;  // of a domain
  Duration template_life = hours(2);
  Duration domain_life = hours(24);
};

// short_datagram: ends before its header. version: none of ours. length: a set or sample that contradicts its datagram.
// template_broken, templates_full, domains_full, samplers_full. no_template: a data set before its template.
// record_broken: a record that goes past its set. no_addresses: a record that is no flow. no_time: without any.
// header_unread: an sFlow sample of something not IP. nat_unread: a NAT's event that says no range.
PN_ENUM(FlowFault, short_datagram, version, length, template_broken, templates_full, domains_full, samplers_full,
        no_template, record_broken, no_addresses, no_time, header_unread, nat_unread)

struct FlowExportStats {
  uint64_t datagrams = 0;
  uint64_t flows = 0;
  uint64_t templates = 0;  // learned or changed
  uint64_t withdrawn = 0;
  uint64_t expired = 0;           // templates
  uint64_t lost = 0;              // by sequence numbers: datagrams (v9, sFlow) or flows (v5, IPFIX)
  uint64_t late = 0;              // datagrams out of order or twice
  uint64_t restarts = 0;          // of exporters
  uint64_t skewed = 0;            // datagrams whose times were corrected
  uint64_t sampling_unknown = 0;  // flows of a sampler that was never described; taken as 1 in 1
  uint64_t passed_over = 0;       // flows that are not wanted
  uint64_t nat_events = 0;
  PN_FIELDS(datagrams, flows, templates, withdrawn, expired, lost, late, restarts, skewed, sampling_unknown,
            passed_over, nat_events)
};

class FlowExport {
 public:
  using Emit = std::function<void(const model::Flow&)>;

  // By protocol, source port, destination port and TCP flags (0 where they are not said). Records that are not wanted
  // cost little and are only counted.
  using Wanted = bool (*)(uint8_t protocol, uint16_t source_port, uint16_t destination_port, uint8_t tcp_flags);

  // Of these ports, which may change at any time, TCP records with a SYN and an ACK are wanted too.
  using Ports = std::bitset<65'536>;
  void want_answered(const Ports* destination_ports) { answered_ = destination_ports; }
  // TCP records to and from these are wanted too; null or empty: of nobody.
  void want_peers(const Peers* peers) { peers_ = peers == nullptr || peers->empty() ? nullptr : peers; }

  FlowExport(FlowExportLimits limits, Emit emit, Wanted wanted = nullptr)
      : limits_(limits), emit_(std::move(emit)), wanted_(wanted) {}
  struct Nat {
    std::function<void(const model::NatBlock&)> logged;
    std::function<void(const model::NatLoss&)> lost;
  };
  void set_nat(Nat nat) { nat_ = std::move(nat); }
  FlowExport(const FlowExport&) = delete;
  FlowExport& operator=(const FlowExport&) = delete;

  // received unset: a stored datagram, taken by its own times alone.
  void decode(const IpAddress& exporter, Time received, ByteView datagram);
  // Forgets what is past its life; call it every minute or so.
  void expire(Time now);

  [[nodiscard]] const FlowExportStats& stats() const { return stats_; }
  [[nodiscard]] uint64_t faults(FlowFault why) const { return faults_[static_cast<size_t>(why)]; }
  [[nodiscard]] size_t domains() const { return domains_.size(); }
  [[nodiscard]] size_t templates() const { return templates_; }

 private:
  static constexpr uint8_t kTcp = 6;
  struct Key {
    IpAddress exporter;
    uint64_t domain = 0;  // version << 32 | domain, source or engine
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    size_t operator()(const Key& k) const noexcept {
      return std::hash<IpAddress>{}(k.exporter) ^ k.domain * 0x9e3779b97f4a7c15U;
    }
  };
  struct Message {  // the head of a v9 or IPFIX message, and what came of it so far
    Domain& domain;
    const IpAddress& exporter;
    bool ipfix = false;
    Time exported;
    uint32_t uptime_ms = 0;
    Duration correction;
    Time received;
    uint32_t records = 0;  // templates do not count (RFC 7011 section 3.1)
    bool all_known = true;
  };

  void netflow5(const IpAddress& exporter, Time received, ByteView datagram);
  void netflow9(const IpAddress& exporter, Time received, ByteView datagram);
  void ipfix(const IpAddress& exporter, Time received, ByteView datagram);
  void sflow(const IpAddress& exporter, Time received, ByteView datagram);

  void sets(Message& m, ByteView in);
  void template_set(Message& m, ByteView in, bool options);
  std::optional<std::vector<TemplateField>> template_fields(const Message& m, ByteView& in, size_t count);
  void learn(Message& m, uint16_t id, std::vector<TemplateField> fields, bool options);
  void withdraw(Message& m, uint16_t id, bool options);
  void data_set(Message& m, uint16_t id, ByteView in);
  void options_record(Message& m, const RecordValues& v);
  void flow_record(const Message& m, const RecordValues& v);
  // False: no event of a NAT that gives or takes back.
  [[nodiscard]] bool nat_record(const Message& m, const RecordValues& v);
  bool times(const Message& m, const RecordValues& v, model::Flow& flow) const;
  uint32_t sampling(const Message& m, const RecordValues& v);

  void sflow_sample(ByteView in, bool expanded, Time at);
  void sflow_record(uint32_t format, ByteView in, uint32_t sampling_rate, Time at);

  Domain* domain(const IpAddress& exporter, uint64_t version, uint64_t number, Time now);
  Sequence::Seen count(const Sequence::Seen& seen);
  void fault(FlowFault why) { ++faults_[static_cast<size_t>(why)]; }
  [[nodiscard]] bool is_wanted(uint8_t protocol, uint16_t source_port, uint16_t destination_port,
                               uint8_t tcp_flags) const {
    constexpr uint8_t kSynAck = 0x12;
    return wanted_(protocol, source_port, destination_port, tcp_flags) ||
           (answered_ != nullptr && protocol == kTcp && (tcp_flags & kSynAck) == kSynAck &&
            answered_->test(destination_port));
  }
  [[nodiscard]] bool is_wanted(const model::Flow& flow) const {
    return is_wanted(flow.protocol, flow.source_port, flow.destination_port, flow.tcp_flags) ||
           (peers_ != nullptr && flow.protocol == kTcp &&
            (peers_->may_have(flow.destination) || peers_->may_have(flow.source)));
  }
  [[nodiscard]] bool may_be_of_peer(const Template& t, ByteView record) const;
  // Before a record is read, where its template lets it be seen.
  [[nodiscard]] bool unwanted(const Template& t, ByteView record);
  void give(const model::Flow& flow) {
    if (wanted_ != nullptr && !is_wanted(flow)) {
      ++stats_.passed_over;
      return;
    }
    ++stats_.flows;
    emit_(flow);
  }

  FlowExportLimits limits_;
  Emit emit_;
  Wanted wanted_ = nullptr;
  const Ports* answered_ = nullptr;
  const Peers* peers_ = nullptr;
  Nat nat_;
  std::unordered_map<Key, Domain, KeyHash> domains_;
  size_t templates_ = 0;
  FlowExportStats stats_;
  std::array<uint64_t, pn_enum_size(FlowFault{})> faults_{};
};

}  // namespace postern::wire
