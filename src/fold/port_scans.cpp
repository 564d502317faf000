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

}  // namespace

bool PortScans::is_unanswered(uint8_t protocol, uint16_t source_port, uint16_t destination_port, uint8_t tcp_flags) {
  return (tcp_flags | kRst) == (kSyn | kRst) && (tcp_flags & kSyn) != 0 && protocol == kTcp &&
         !is_mail_port(destination_port) && !is_mail_port(source_port);
}

void PortScans::see(uint32_t line, const model::Flow& flow) {
  if (flow.sampling > 1) return;  // a SYN that was picked says nothing of what came after it
  const int64_t number = flow.begin.us / minutes(1).us;
  if (number > number_) {
    minute_.clear();
    number_ = number;
  }
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
  if (hosts.met >= kHostsMost) return;
  const auto mark = static_cast<uint32_t>(fingerprint(Prefix::host(flow.destination)));
  const auto known = std::span(hosts.marks).first(hosts.met);
  if (std::ranges::find(known, mark) != known.end()) return;
  hosts.marks[hosts.met++] = mark;
  if (hosts.met % kHostsEach == 0)
    sink_({line, flow.begin, flow.source, flow.destination, flow.destination_port, kHostsEach});
}

}  // namespace postern::fold
