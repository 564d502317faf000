// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/capture/traffic.h"

#include <algorithm>

namespace postern::wire {
namespace {

constexpr uint8_t kTcp = 6;
// fold::is_mail_port: connections there are told by themselves.
constexpr std::array<uint16_t, 4> kMailPorts{25, 465, 587, 2525};

bool is_mail(const PacketHeaders& p) {
  const auto is = [](uint16_t port) { return std::ranges::find(kMailPorts, port) != kMailPorts.end(); };
  return is(p.source_port) || is(p.destination_port);
}

}  // namespace

Traffic::Traffic(TrafficLimits limits, FlowSums::Emit on_flow, DnsQuestions::Emit on_question)
    : flows_(limits.flows, on_flow), questions_(limits.dns, std::move(on_question)), smtp_(std::move(on_flow)) {
  if (limits.beginnings) beginnings_.emplace([this](Time at, const PacketHeaders& p) { flows_.add(at, p); });
}

void Traffic::see(Time at, uint16_t link, ByteView packet) {
  const auto headers = read_headers(link, packet);
  if (headers) return see(at, *headers);
  ++no_headers_[static_cast<size_t>(headers.error())];
}

void Traffic::see(Time at, const PacketHeaders& p) {
  if (!beginnings_) {
    flows_.add(at, p);
  } else if (p.protocol == kTcp) {
    beginnings_->add(at, p);
  }
  questions_.add(at, p);
  if (!is_mail(p)) smtp_.add(at, p);
}

void Traffic::advance(Time now) {
  flows_.advance(now);
  questions_.advance(now);
  if (beginnings_) beginnings_->advance(now);
}

void Traffic::finish() {
  flows_.finish();
  questions_.finish();
}

}  // namespace postern::wire
