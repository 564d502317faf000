// SPDX-License-Identifier: Apache-2.0
#include "fold/port_scans.h"

#include <algorithm>
#include <span>

#include "fold/destinations.h"
#include "fold/mail_flows.h"

namespace postern::fold {
namespace {

constexpr uint8_t kTcp = 6;
constexpr uint8_t kSyn = 2;
constexpr uint8_t kRst = 4;  // a client that gives up
constexpr uint8_t kAck = 16;

bool is_web(uint16_t port) { return port == 80 || port == 443; }

// True when it is a new one and there is room.
template <size_t N>
bool take(std::array<uint32_t, N>& marks, uint32_t& n, const IpAddress& host) {
  const auto mark = static_cast<uint32_t>(fingerprint(Prefix::host(host)));
  const auto known = std::span(marks).first(n);
  if (n >= N || std::ranges::find(known, mark) != known.end()) return false;
  marks[n++] = mark;
  return true;
}

}  // namespace

bool PortScans::is_unanswered(uint8_t protocol, uint16_t source_port, uint16_t destination_port, uint8_t tcp_flags) {
  return (tcp_flags | kRst) == (kSyn | kRst) && (tcp_flags & kSyn) != 0 && protocol == kTcp &&
         !is_mail_port(destination_port) && !is_mail_port(source_port);
}

bool PortScans::is_answered(uint8_t protocol, uint8_t tcp_flags) {
  return protocol == kTcp && (tcp_flags & kAck) != 0 && (tcp_flags & kSyn) != 0;
}

void PortScans::turn(Time at) {
  const int64_t number = at.us / minutes(1).us;
  if (number <= number_) return;
  minute_.clear();
  suspects_.reset();
  number_ = number;
}

void PortScans::see_answered(uint32_t line, const model::Flow& flow) {
  turn(flow.begin);
  const auto it = minute_.find(uint64_t{line} << 16 | flow.destination_port);
  if (it != minute_.end()) (void)take(it->second.answers, it->second.answered, flow.destination);
}

void PortScans::see(uint32_t line, const model::Flow& flow) {
  if (flow.sampling > 1) return;  // a SYN that was picked says nothing of what came after it
  turn(flow.begin);
  const uint64_t pair = uint64_t{line} << 16 | flow.destination_port;
  auto it = minute_.find(pair);
  if (it == minute_.end()) {
    if (minute_.size() >= kPairsMax) {
      ++full_;
      return;
    }
    it = minute_.try_emplace(pair).first;
  }
  Hosts& hosts = it->second;
  if (!take(hosts.marks, hosts.met, flow.destination)) return;
  if (hosts.met == kSuspectAt && !is_web(flow.destination_port)) suspects_.set(flow.destination_port);
  const uint32_t outweighed = hosts.answered * kAnswerOutweighs;
  if (hosts.met < outweighed + kHostsEach * (hosts.told + 1)) return;
  ++hosts.told;
  sink_({line, flow.begin, flow.source, flow.destination, flow.destination_port, kHostsEach});
}

}  // namespace postern::fold
