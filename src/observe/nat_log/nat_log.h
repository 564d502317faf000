// SPDX-License-Identifier: Apache-2.0
// Logs of Linux NATs over UDP, a line each (wire/traffic/nat_log): whom they give outside addresses and ports,
// connection by connection. Handed on as model::NatBlock, like what NATs log as IPFIX; the sender is the exporter.
//
// Lines have no numbers, so what is lost on the way does not show; what is known to be lost is told: lines that the
// kernel dropped here, and lines that came too late to be believed, which says that others may be still to come. Such a
// loss of a sender goes from its last good line on, and is told at once, then once a second while it lasts.
// Bounded: senders_max senders. One thread; handlers run from the loop.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <vector>

#include "base/fields.h"
#include "base/ip.h"
#include "model/nat.h"
#include "sys/fd.h"
#include "sys/loop.h"
#include "sys/packets/udp_batch.h"
#include "wire/traffic/nat_log/line.h"

namespace postern::observe::nat_log {

// Of each socket: some 4,000 lines as the kernel counts.
inline constexpr int kReceiveBufferOctets = 4 << 20;

struct Config {
  std::vector<Prefix> senders;  // nobody else is listened to
  size_t senders_max = 256;
};

struct Stats {
  uint64_t lines = 0;
  uint64_t not_listed = 0;  // datagrams from elsewhere
  uint64_t kernel_dropped = 0;
  uint64_t senders_full = 0;  // lines of one more than senders_max
  uint64_t losses = 0;        // told
  PN_FIELDS(lines, not_listed, kernel_dropped, senders_full, losses)
};

class NatLog {
 public:
  struct To {
    std::function<void(const model::NatBlock&)> block;
    std::function<void(const model::NatLoss&)> loss;
  };
  using Now = std::function<Time()>;

  NatLog(Config config, sys::Loop& loop, std::vector<sys::Fd> udp_sockets, To to, Now now);
  NatLog(const NatLog&) = delete;
  NatLog& operator=(const NatLog&) = delete;
  ~NatLog();

  [[nodiscard]] const Stats& stats() const { return stats_; }
  [[nodiscard]] uint64_t read_as(wire::NatLineIs is) const { return by_kind_[static_cast<size_t>(is)]; }

 private:
  struct Sender {
    Time good;  // its last line that was believed
    Time lost;  // as last told
    Time late;  // as last seen
  };

  void on_readable(size_t socket);
  void take(const IpAddress& from, std::string_view line, Time now);
  void lose(const IpAddress& from, Sender& sender, Time now);
  void tick();
  void log_what_is_new();

  Config config_;
  sys::Loop& loop_;
  std::vector<sys::Fd> sockets_;
  To to_;
  Now now_;
  Stats stats_;
  std::array<uint64_t, pn_enum_size(wire::NatLineIs{})> by_kind_{};
  Stats told_;  // as of the last log line
  std::array<uint64_t, pn_enum_size(wire::NatLineIs{})> kinds_told_{};
  std::vector<uint32_t> dropped_;  // by socket, as the kernel counts
  std::map<IpAddress, Sender> senders_;
  sys::UdpBatch batch_;
  Time logged_;
  sys::Loop::TimerId timer_ = 0;
};

}  // namespace postern::observe::nat_log
