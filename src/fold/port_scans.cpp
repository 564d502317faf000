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

uint32_t mark_of(const IpAddress& host) { return static_cast<uint32_t>(fingerprint(Prefix::host(host))); }

// True when it is a new one and there is room.
template <size_t N>
bool take(std::array<uint32_t, N>& marks, uint32_t& n, uint32_t mark) {
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
  std::erase_if(answered_, [&](const auto& a) { return number - a.second.minute > kAnswersKept; });
  for (const auto& [pair, hosts] : minute_) {
    if (hosts.answered + hosts.before == 0) continue;
    if (answered_.size() >= kPairsMax && !answered_.contains(pair)) break;  // who comes later is heard anew
    answered_[pair] = {std::max(hosts.answered + hosts.before / 2, 1U), number_};
  }
  minute_.clear();
  in_minute_.assign(kPairBits, false);
  std::ranges::fill(firsts_, First{});
  suspects_.reset();
  number_ = number;
}

void PortScans::see_answered(uint32_t line, const model::Flow& flow) {
  turn(flow.begin);
  const auto it = minute_.find(uint64_t{line} << 16 | flow.destination_port);
  if (it != minute_.end()) (void)take(it->second.answers, it->second.answered, mark_of(flow.destination));
}

// Null: its first host, or no room.
PortScans::Hosts* PortScans::hosts_of(uint64_t pair, uint32_t mark) {
  const uint64_t spread = pair * 0x9e3779b97f4a7c15U;
  const size_t bit = (spread >> 32) % kPairBits;
  if (in_minute_[bit])
    if (const auto it = minute_.find(pair); it != minute_.end()) return &it->second;
  First& first = firsts_[(spread >> 32) % kFirsts];
  if (first.pair != pair) {
    first = {pair, mark};
    return nullptr;
  }
  if (first.mark == mark) return nullptr;
  if (minute_.size() >= kPairsMax) {
    ++full_;
    return nullptr;
  }
  in_minute_[bit] = true;
  Hosts& hosts = minute_[pair];
  if (const auto it = answered_.find(pair); it != answered_.end()) hosts.before = it->second.hosts;
  (void)take(hosts.marks, hosts.met, first.mark);
  return &hosts;
}

void PortScans::see(uint32_t line, const model::Flow& flow) {
  if (flow.sampling > 1) return;  // a SYN that was picked says nothing of what came after it
  turn(flow.begin);
  const uint32_t mark = mark_of(flow.destination);
  Hosts* known = hosts_of(uint64_t{line} << 16 | flow.destination_port, mark);
  if (known == nullptr) return;
  Hosts& hosts = *known;
  if (!take(hosts.marks, hosts.met, mark)) return;
  if (hosts.met == kSuspectAt && !is_web(flow.destination_port)) suspects_.set(flow.destination_port);
  const uint32_t outweighed = (hosts.answered + hosts.before) * kAnswerOutweighs;
  if (hosts.met < outweighed + kHostsEach * (hosts.told + 1)) return;
  ++hosts.told;
  sink_({line, flow.begin, flow.source, flow.destination, flow.destination_port, kHostsEach});
}

}  // namespace postern::fold
