// SPDX-License-Identifier: Apache-2.0
#include "observe/flow_export/flow_export.h"

#include <algorithm>

#include "sys/log.h"

namespace postern::observe::flow_export {
namespace {

constexpr std::string_view kComponent = "flow_export";
constexpr size_t kDatagrams = 64;
constexpr size_t kDatagramOctets = 16'384;
constexpr int kBatchesPerTurn = 16;  // then the loop's other descriptors have their turn
constexpr int kReceiveBufferOctets = 16 << 20;
constexpr uint8_t kTcp = 6;

bool is_mail(uint8_t protocol, uint16_t source_port, uint16_t destination_port) {
  return protocol == kTcp && (fold::is_mail_port(source_port) || fold::is_mail_port(destination_port));
}

bool is_in(const std::vector<Prefix>& prefixes, const IpAddress& address) {
  return std::ranges::any_of(prefixes, [&](const Prefix& p) { return p.contains(address); });
}

}  // namespace

FlowExport::FlowExport(Config config, sys::Loop& loop, std::vector<sys::Fd> udp_sockets,
                       fold::MailFlows::LineOf line_of, Emit emit, Now now)
    : config_(std::move(config)),
      loop_(loop),
      sockets_(std::move(udp_sockets)),
      emit_(std::move(emit)),
      now_(std::move(now)),
      dropped_(sockets_.size()),
      batch_(kDatagrams, kDatagramOctets),
      decoder_(
          {}, [this](const model::Flow& flow) { on_flow(flow); }, is_mail),
      fold_(std::move(line_of), [this](const fold::MailConnection& c) { on_connection(c); }),
      tokens_(config_.contacts_per_s) {
  for (size_t i = 0; i < sockets_.size(); ++i) {
    const int fd = sockets_[i].get();
    const auto buffer = sys::prepare_for_batches(fd, kReceiveBufferOctets);
    if (!buffer) {
      sys::log(sys::Level::warning, kComponent, "FLOW_SOCKET_PLAIN", buffer.error().text());
    } else if (buffer->octets < kReceiveBufferOctets) {
      sys::log(sys::Level::info, kComponent, "FLOW_BUFFER_SMALL",
               "bursts may be lost: raise net.core.rmem_max to 16777216", {{"octets", std::to_string(buffer->octets)}});
    }
    loop_.watch(fd, EPOLLIN, [this, i](uint32_t) { on_readable(i); });
  }
  timer_ = loop_.every(seconds(1), [this] { tick(); });
}

FlowExport::~FlowExport() {
  loop_.cancel(timer_);
  for (const sys::Fd& fd : sockets_) loop_.forget(fd.get());
}

void FlowExport::on_readable(size_t socket) {
  for (int turn = 0; turn < kBatchesPerTurn; ++turn) {
    const auto n = batch_.receive(sockets_[socket].get());
    if (!n) {
      sys::log(sys::Level::warning, kComponent, "FLOW_RECEIVE_FAILED", n.error().text());
      return;
    }
    const Time now = now_();
    for (size_t i = 0; i < *n; ++i) {
      const sys::UdpBatch::One one = batch_.at(i);
      if (!is_in(config_.exporters, one.from.address)) {
        ++stats_.not_listed;
        continue;
      }
      stats_.cut += one.cut ? 1 : 0;
      decoder_.decode(one.from.address, now, one.bytes);
    }
    if (const auto dropped = batch_.dropped(); dropped && *n > 0) {
      stats_.kernel_dropped += *dropped - dropped_[socket];
      dropped_[socket] = *dropped;
    }
    if (*n < kDatagrams) return;
  }
}

// The client's end of the flow becomes what its line has inside; false where that cannot be said.
bool FlowExport::see_behind_nat(model::Flow& flow) const {
  const bool outbound = fold::is_mail_port(flow.destination_port);
  IpAddress& client = outbound ? flow.source : flow.destination;
  const fold::Inside inside =
      config_.outside.of(flow.protocol, client, outbound ? flow.source_port : flow.destination_port);
  if (inside.kind == fold::Behind::not_known) return false;
  client = inside.address;
  return true;
}

void FlowExport::on_flow(model::Flow flow) {
  ++stats_.mail_flows;
  if (!see_behind_nat(flow)) {
    ++stats_.behind_nat_unknown;
    return;
  }
  if (is_in(config_.relay, flow.source) || is_in(config_.relay, flow.destination)) {
    ++stats_.local_relay;
    return;
  }
  if (config_.sampling != 0) flow.sampling = config_.sampling;
  if (flow.begin < folded_) {
    ++stats_.too_late;
    return;
  }
  held_.push(flow);
  if (held_.size() <= config_.held_max) return;
  ++stats_.given_early;
  fold_first();
}

void FlowExport::fold_first() {
  const model::Flow flow = held_.top();
  held_.pop();
  folded_ = std::max(folded_, flow.begin);
  fold_.see(flow);
}

void FlowExport::release() {
  const Time until = now_() - config_.hold;
  while (!held_.empty() && held_.top().begin <= until) fold_first();
  folded_ = std::max(folded_, until);
  fold_.advance(folded_);
}

void FlowExport::on_connection(const fold::MailConnection& c) {
  if (!c.first) return;
  if (tokens_ == 0) {
    ++stats_.contacts_over_rate;
    return;
  }
  --tokens_;
  ++stats_.contacts;
  model::FirstContact contact;
  contact.source = c.source;
  contact.destination = c.destination;
  contact.port = c.port;
  contact.verdict = model::Verdict::open;  // it was seen on its way
  contact.outcome = c.outcome;
  contact.provider = c.port != 25 && fold::is_submission_provider(c.destination);
  emit_({.sequence = 0, .at = c.begun, .body = contact});
}

void FlowExport::tick() {
  tokens_ = config_.contacts_per_s;
  release();
  const Time now = now_();
  if (now - expired_ < minutes(1)) return;
  expired_ = now;
  decoder_.expire(now);
  // Once a minute, whatever a flood does.
  Stats::visit(stats_, [&](std::string_view name, const uint64_t& value) {
    if (name == "mail_flows" || name == "local_relay" || name == "contacts") return;
    Stats::visit(told_, [&](std::string_view before, uint64_t& last) {
      if (before != name || value == last) return;
      sys::log(sys::Level::warning, kComponent, "FLOW_EXPORT_LOSES", "something of the exports was not used",
               {{"what", std::string(name)}, {"more", std::to_string(value - last)}});
      last = value;
    });
  });
}

}  // namespace postern::observe::flow_export
