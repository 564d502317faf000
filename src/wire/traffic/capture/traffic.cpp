// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/capture/traffic.h"

#include <algorithm>

namespace postern::wire {
namespace {

constexpr uint8_t kTcp = 6;
// fold::is_mail_port: connections there are told by themselves.
constexpr std::array<uint16_t, 4> kMailPorts{25, 465, 587, 2525};

bool is_mail(uint16_t port) { return std::ranges::find(kMailPorts, port) != kMailPorts.end(); }

}  // namespace

Traffic::Traffic(TrafficLimits limits, FlowSums::Emit on_flow, DnsQuestions::Emit on_question, Proxies::Emit on_proxied)
    : flows_(limits.flows, on_flow), questions_(limits.dns, std::move(on_question)), smtp_(on_flow) {
  if (!limits.beginnings) return;
  beginnings_.emplace([this](Time at, const PacketHeaders& p) { flows_.add(at, p); });
  sign_ins_.emplace(std::move(on_flow));
  if (on_proxied) proxies_.emplace(std::move(on_proxied));
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
  if (!is_mail(p.source_port) && !is_mail(p.destination_port)) {
    smtp_.add(at, p);
    if (proxies_) proxies_->add(at, p);
  } else if (sign_ins_ && p.protocol == kTcp) {
    see_mail(at, p);
  }
}

void Traffic::see_mail(Time at, const PacketHeaders& p) {
  if (is_mail(p.destination_port)) sign_ins_->from_client(at, p);
  if (is_mail(p.source_port)) sign_ins_->from_server(at, p);
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
