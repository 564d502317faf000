// SPDX-License-Identifier: Apache-2.0
#include "observe/mirror/mirror.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "fold/mail_flows.h"
#include "sys/log.h"

namespace postern::observe::mirror {
namespace {

constexpr std::string_view kRoom = "mirror";
// Retries of a SYN at 0, 1, 3 and 7 s are one flow.
constexpr Duration kIdleMost = seconds(5);
constexpr Duration kActiveMost = seconds(10);
constexpr Duration kReadWithin = seconds(1);  // a packet may lie so long in a ring that is read

wire::TrafficLimits limits_of(Duration hold) {
  wire::TrafficLimits limits;
  limits.flows.idle = std::min(kIdleMost, Duration{hold.us / 4});
  limits.flows.active = std::min(kActiveMost, Duration{hold.us / 4});
  limits.beginnings = true;
  return limits;
}

bool is_mail(const model::Flow& flow) {
  return flow.smtp || fold::is_mail_port(flow.source_port) || fold::is_mail_port(flow.destination_port);
}

}  // namespace

Result<std::unique_ptr<Mirror>> Mirror::make(Config config, sys::Loop& loop, std::vector<sys::Fd> sockets,
                                             Handlers handlers, Now now) {
  std::vector<Port> ports;
  for (sys::Fd& fd : sockets) ports.push_back({PN_TRY(sys::PacketRing::map(std::move(fd), config.ring_blocks))});
  return std::unique_ptr<Mirror>(new Mirror(config, loop, std::move(ports), std::move(handlers), std::move(now)));
}

Mirror::Mirror(Config config, sys::Loop& loop, std::vector<Port> ports, Handlers handlers, Now now)
    : loop_(loop),
      ports_(std::move(ports)),
      handlers_(std::move(handlers)),
      now_(std::move(now)),
      traffic_(
          limits_of(config.hold), [this](const model::Flow& f) { this->on_flow(f); },
          [this](const model::DnsQuestion& q) {
            ++stats_.questions;
            handlers_.question(q);
          },
          [this](const wire::Proxied& p) {
            ++stats_.proxied;
            handlers_.proxied(p);
          }) {
  for (Port& port : ports_)
    loop_.watch(port.ring.fd(), EPOLLIN, [this, &port](uint32_t events) { on_event(port, events); });
  timer_ = loop_.every(seconds(1), [this] { tick(); });
}

Mirror::~Mirror() {
  loop_.cancel(timer_);
  for (const Port& port : ports_) loop_.forget(port.ring.fd());
}

bool Mirror::is_down() const {
  return std::ranges::any_of(ports_, [](const Port& port) { return port.down; });
}

void Mirror::on_event(Port& port, uint32_t events) {
  if ((events & EPOLLERR) != 0) {
    if (const int error = port.ring.take_error(); error != 0) {
      ++stats_.link_down;
      port.down = true;
      sys::log(sys::Level::warning, kRoom, "MIRROR_DOWN", "a mirror port shows nothing: its interface went down",
               {{"why", std::strerror(error)}});
    }
  }
  port.empty = !port.ring.read(kBlocksPerTurn, [&](Time at, ByteView octets, size_t) {
    ++stats_.packets;
    port.down = false;
    traffic_.see(at, wire::kLinkEthernet, octets);
  });
}

void Mirror::on_flow(const model::Flow& flow) {
  if (!is_mail(flow) && !both_ways()) {
    ++stats_.one_way_flows;
    return;
  }
  ++stats_.flows;
  stats_.smtp_elsewhere += flow.smtp ? 1 : 0;
  stats_.sign_ins += flow.sign_in != model::SignIn::none ? 1 : 0;
  handlers_.flow(flow);
}

void Mirror::judge_direction() {
  const bool before = both_ways();
  traffic_.beginnings()->judge_direction();
  if (before == both_ways()) return;
  judged_ = true;
  sys::log(sys::Level::warning, kRoom, before ? "MIRROR_ONE_WAY" : "MIRROR_BOTH_WAYS",
           before ? "the mirror does not show the answers of servers: scans are not judged; mirror both directions"
                  : "the mirror shows answers of servers: scans are judged");
}

void Mirror::tick() {
  const Time now = now_();
  if (std::ranges::all_of(ports_, [](const Port& port) { return port.empty; })) traffic_.advance(now - kReadWithin);
  for (Port& port : ports_) stats_.kernel_dropped += port.ring.take_dropped();
  if (!judged_) judge_direction();
  if (now - minute_ < minutes(1)) return;
  minute_ = now;
  judge_direction();
  // Once a minute, whatever a flood does.
  const auto lost = [&](std::string_view what, uint64_t value, uint64_t& told) {
    if (value != told)
      sys::log(sys::Level::warning, kRoom, "MIRROR_LOSES", "something of the mirror was not used",
               {{"what", std::string(what)}, {"more", std::to_string(value - told)}});
    told = value;
  };
  lost("kernel_dropped", stats_.kernel_dropped, told_.kernel_dropped);
  lost("forgotten_early",
       traffic_.beginnings()->forgotten_early() + traffic_.smtp().forgotten_early() + traffic_.flows().ended_early() +
           traffic_.dns().given_early + traffic_.sign_ins()->forgotten_early() + traffic_.proxies()->forgotten_early(),
       forgotten_told_);
}

}  // namespace postern::observe::mirror
