// SPDX-License-Identifier: Apache-2.0
// Mirror ports: interfaces on which a switch repeats what it carries. What their filter lets through (filter.h) is
// summed up to flows, DNS questions, SMTP on other ports and proxies that carry to mail ports by the code that reads
// captures (wire/traffic/capture), and handed on: nothing is judged or folded here.
//
// Flows of ports that are not those of mail only say something by their silence, so they are left out, and counted,
// while the mirror does not show nearly all answers (wire::Beginnings). Nothing of a packet is kept. Bounded by the
// ring, the limits of the parts, and kBlocksPerTurn. One thread; handlers run from the loop.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/fields.h"
#include "sys/loop.h"
#include "sys/packets/packet_ring.h"
#include "wire/traffic/capture/traffic.h"

namespace postern::observe::mirror {

struct Config {
  size_t ring_blocks = 128;     // of sys::kRingBlockOctets, for each interface
  Duration hold = seconds(75);  // flows are given before they are as old
};

struct Stats {
  uint64_t packets = 0;
  uint64_t kernel_dropped = 0;  // the ring was full
  uint64_t link_down = 0;       // times an interface went down
  uint64_t flows = 0;           // handed on
  uint64_t questions = 0;       // the same
  uint64_t smtp_elsewhere = 0;  // of the flows: SMTP on no mail port
  uint64_t one_way_flows = 0;   // left out: of other ports, while answers are not seen
  uint64_t sign_ins = 0;        // of the flows: without encryption
  uint64_t proxied = 0;         // connections to mail ports that somebody carried for somebody, handed on
  PN_FIELDS(packets, kernel_dropped, link_down, flows, questions, smtp_elsewhere, one_way_flows, sign_ins, proxied)
};

class Mirror {
 public:
  struct Handlers {
    std::function<void(const model::Flow&)> flow;
    std::function<void(const model::DnsQuestion&)> question;
    std::function<void(const wire::Proxied&)> proxied;
  };
  using Now = std::function<Time()>;
  static constexpr size_t kBlocksPerTurn = 16;  // then the loop's other descriptors have their turn

  // `sockets`: of sys::open_packet_ring(), with that many blocks.
  [[nodiscard]] static Result<std::unique_ptr<Mirror>> make(Config config, sys::Loop& loop,
                                                            std::vector<sys::Fd> sockets, Handlers handlers, Now now);
  Mirror(const Mirror&) = delete;
  Mirror& operator=(const Mirror&) = delete;
  ~Mirror();

  [[nodiscard]] const Stats& stats() const { return stats_; }
  [[nodiscard]] const wire::Traffic& traffic() const { return traffic_; }
  [[nodiscard]] bool both_ways() const { return traffic_.beginnings()->both_ways(); }
  // Nothing came since one of the interfaces went down.
  [[nodiscard]] bool is_down() const;

 private:
  struct Port {
    sys::PacketRing ring;
    bool down = false;
    bool empty = true;  // as of the last reading
  };
  Mirror(Config config, sys::Loop& loop, std::vector<Port> ports, Handlers handlers, Now now);
  void on_event(Port& port, uint32_t events);
  void on_flow(const model::Flow& flow);
  void judge_direction();
  void tick();

  sys::Loop& loop_;
  std::vector<Port> ports_;
  Handlers handlers_;
  Now now_;
  Stats stats_;
  wire::Traffic traffic_;
  bool judged_ = false;
  Time minute_;
  Stats told_;  // as of the last log line
  uint64_t forgotten_told_ = 0;
  sys::Loop::TimerId timer_ = 0;
};

}  // namespace postern::observe::mirror
