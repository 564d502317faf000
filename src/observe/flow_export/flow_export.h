// SPDX-License-Identifier: Apache-2.0
// Flow exports (NetFlow v5 and v9, IPFIX, sFlow v5) as first contacts: what lines do on the mail ports where no gate of
// ours stands. Datagrams of exporters that are listed are decoded (wire/traffic/flow), TCP flows of mail ports are held
// for `hold` and put in order of their begin (exporters tell of a flow when it ends, and each in its own time), folded
// (fold/mail_flows.h), and each first contact becomes an observation without a line: who had the address then is the
// brain's to say. So do steps of scans on other ports, from records that hold a SYN and no answer; these are not held.
// What NATs log comes the same way (RFC 8158) and is handed on; flows of their outside addresses are told apart by it
// once they are folded, when the log of that time is there. Flows that another source here saw by itself are folded
// with them (take()): a line has one memory, whoever saw it; so are logs of NATs. Flows to and from control servers of
// botnets are looked at on whatever port (c2_flows.h). Bounded: flows held, and first contacts a second; beyond them, a
// counter and a log line. One thread.
#pragma once

#include <functional>
#include <optional>
#include <queue>
#include <vector>

#include "base/fields.h"
#include "fold/mail_flows.h"
#include "fold/outside/nat_log.h"
#include "fold/outside/outside.h"
#include "fold/port_scans.h"
#include "model/observation.h"
#include "observe/flow_export/c2_flows.h"
#include "sys/fd.h"
#include "sys/loop.h"
#include "sys/packets/udp_batch.h"
#include "wire/traffic/flow/flow_export.h"

namespace postern::observe::flow_export {

// Of each socket. Its own bookkeeping is the larger part of what the kernel counts for a datagram.
inline constexpr int kReceiveBufferOctets = 16 << 20;

struct Config {
  std::vector<Prefix> exporters;  // nobody else is listened to
  std::vector<Prefix> relay;      // the provider's own: mail to and from it is never judged
  uint32_t sampling = 0;          // overrides what exporters say; 0 = as they say
  Duration hold = seconds(75);
  size_t held_max = 262'144;
  uint32_t contacts_per_s = 2'000;  // with bursts of as many
  fold::Outside outside;            // NATs between lines and exporters, told apart by port
  std::vector<Prefix> nat_logged;   // outside addresses of NATs that log
  size_t nat_blocks_max = 262'144;
  Duration clock_skew;  // of any source
};

struct Stats {
  uint64_t not_listed = 0;  // datagrams from elsewhere
  uint64_t cut = 0;         // longer than a buffer
  uint64_t kernel_dropped = 0;
  uint64_t mail_flows = 0;
  uint64_t local_relay = 0;  // of these: to or from the provider's relay
  uint64_t too_late = 0;     // flows older than what was folded already
  uint64_t given_early = 0;  // flows not held as long, because too many were
  uint64_t contacts = 0;
  uint64_t contacts_over_rate = 0;  // volumes too
  uint64_t volumes = 0;             // minutes of too many connections to one network
  uint64_t unanswered_flows = 0;    // on other ports than those of mail
  uint64_t answered_flows = 0;      // the same of lines that may be scanning
  uint64_t scans = 0;               // steps of scans
  uint64_t behind_nat_unknown = 0;  // flows of an outside address whose port says no line
  uint64_t nat_blocks = 0;          // given or taken back by NATs that log
  uint64_t nat_not_logged = 0;      // the same of outside addresses that settings do not name
  uint64_t nat_losses = 0;          // times something of an exporter did not arrive
  uint64_t sign_ins = 0;            // of lines, without encryption, as another source here saw them
  PN_FIELDS(not_listed, cut, kernel_dropped, mail_flows, local_relay, too_late, given_early, contacts,
            contacts_over_rate, volumes, unanswered_flows, answered_flows, scans, behind_nat_unknown, nat_blocks,
            nat_not_logged, nat_losses, sign_ins)
};

class FlowExport {
 public:
  using Emit = std::function<void(model::Observation)>;
  using Now = std::function<Time()>;

  FlowExport(Config config, sys::Loop& loop, std::vector<sys::Fd> udp_sockets, fold::MailFlows::LineOf line_of,
             Emit emit, Now now);
  FlowExport(const FlowExport&) = delete;
  FlowExport& operator=(const FlowExport&) = delete;
  ~FlowExport();

  void set_origins(std::function<uint32_t(const IpAddress&)> origin_of) { fold_.set_origins(std::move(origin_of)); }
  // Not sampled, and seen as it is told.
  void take(model::Flow flow);
  // Control servers of botnets, from here on; those of before are forgotten.
  void take(tables::C2List list);
  // What NATs log another way.
  void take(const model::NatBlock& block);
  void take(const model::NatLoss& loss);
  [[nodiscard]] const Stats& stats() const { return stats_; }
  [[nodiscard]] const wire::FlowExport& decoder() const { return decoder_; }
  [[nodiscard]] size_t held() const { return held_.size(); }
  [[nodiscard]] const C2Flows& c2() const { return c2_; }
  [[nodiscard]] const fold::NatLog& nat_log() const { return nat_log_; }
  // What was logged since the last call, as it came.
  [[nodiscard]] std::vector<model::NatBlock> take_blocks() { return std::exchange(new_blocks_, {}); }
  [[nodiscard]] std::vector<model::NatLoss> take_losses() { return std::exchange(new_losses_, {}); }
  // The exports show no answers: silence says nothing while it is so.
  [[nodiscard]] bool one_way() const { return one_way_; }

 private:
  struct Later {
    bool operator()(const model::Flow& a, const model::Flow& b) const { return a.begin > b.begin; }
  };

  struct Rest {
    bool may = false;
    std::optional<sys::Loop::TimerId> timer;  // while it rests
  };
  enum class Left : uint8_t { nothing, empty, more };  // nothing came; all was read; the loop's others have their turn

  void on_readable(size_t socket);
  void on_rested(size_t socket);
  [[nodiscard]] Left read(size_t socket);
  void rest(size_t socket);
  void on_flow(model::Flow flow);
  [[nodiscard]] bool see_behind_nat(model::Flow& flow) const;
  [[nodiscard]] bool see_behind_log(model::Flow& flow) const;
  void on_other(model::Flow flow);
  void on_connection(const fold::MailConnection& connection);
  void on_sign_in(const model::Flow& flow);
  void on_volume(const fold::VolumeMinute& minute);
  void on_scan(const fold::ScanStep& step);
  bool within_rate();
  void judge_direction();
  void release();
  void fold_first();
  void tick();

  Config config_;
  sys::Loop& loop_;
  std::vector<sys::Fd> sockets_;
  Emit emit_;
  Now now_;
  Stats stats_;
  std::vector<uint32_t> dropped_;  // by socket, as the kernel counts
  std::vector<Rest> rests_;        // by socket
  sys::UdpBatch batch_;
  wire::FlowExport decoder_;
  fold::MailFlows::LineOf line_of_;
  fold::MailFlows fold_;
  fold::PortScans scans_;
  std::priority_queue<model::Flow, std::vector<model::Flow>, Later> held_;
  Time folded_;
  fold::NatLog nat_log_;
  C2Flows c2_;
  std::vector<model::NatBlock> new_blocks_;
  std::vector<model::NatLoss> new_losses_;
  uint32_t tokens_ = 0;
  Time expired_;
  Stats told_;                       // as of the last log line
  fold::MailFlows::Counters heard_;  // as of the last judgement of the direction
  bool one_way_ = false;
  sys::Loop::TimerId timer_ = 0;
};

}  // namespace postern::observe::flow_export
