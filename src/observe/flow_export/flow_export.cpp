// SPDX-License-Identifier: Apache-2.0
#include "observe/flow_export/flow_export.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/networks.h"
#include "sys/log.h"

namespace postern::observe::flow_export {
namespace {

constexpr std::string_view kComponent = "flow_export";
constexpr size_t kDatagrams = 64;
constexpr size_t kDatagramOctets = 16'384;
constexpr int kBatchesPerTurn = 16;  // then the loop's other descriptors have their turn
// Datagrams that come one by one cost a system call and a wake-up each, more than all that is done with them. So a
// socket that was read empty rests: what came meanwhile is taken at once. Only where its buffer holds much more than a
// rest brings: 2 to 3 ms at 1.6 million records a second are 160 datagrams, some 0.6 MB as the kernel counts.
constexpr Duration kRest = milliseconds(2);
constexpr int kRestFromOctets = 4 << 20;
constexpr uint8_t kTcp = 6;
constexpr size_t kNewBlocksMax = 65'536;  // until take_blocks()
constexpr uint64_t kAnswersAtLeast = 20;  // below, a share of 95 % says nothing

bool is_wanted(uint8_t protocol, uint16_t source_port, uint16_t destination_port, uint8_t tcp_flags) {
  return protocol == kTcp && (fold::is_mail_port(source_port) || fold::is_mail_port(destination_port) ||
                              fold::PortScans::is_unanswered(protocol, source_port, destination_port, tcp_flags));
}

bool is_mail(const model::Flow& flow) {
  return flow.smtp || fold::is_mail_port(flow.source_port) || fold::is_mail_port(flow.destination_port);
}

// Its source is the client.
bool is_outbound(const model::Flow& flow) {
  return flow.smtp || fold::is_mail_port(flow.destination_port) || !fold::is_mail_port(flow.source_port);
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
      rests_(sockets_.size()),
      batch_(kDatagrams, kDatagramOctets),
      decoder_(
          {}, [this](const model::Flow& flow) { on_flow(flow); }, is_wanted),
      line_of_(std::move(line_of)),
      fold_(
          line_of_, [this](const fold::MailConnection& c) { on_connection(c); },
          [this](const fold::VolumeMinute& m) { on_volume(m); }),
      scans_([this](const fold::ScanStep& s) { on_scan(s); }),
      nat_log_(config_.nat_logged, config_.nat_blocks_max),
      c2_({config_.outside, &nat_log_, config_.clock_skew * 2}, line_of_,
          [this](model::Observation o) {
            if (within_rate()) emit_(std::move(o));
          }),
      tokens_(config_.contacts_per_s) {
  decoder_.want_answered(&scans_.suspects());
  decoder_.set_nat({[this](const model::NatBlock& b) { take(b); }, [this](const model::NatLoss& l) { take(l); }});
  for (size_t i = 0; i < sockets_.size(); ++i) {
    const int fd = sockets_[i].get();
    const auto buffer = sys::prepare_for_batches(fd, kReceiveBufferOctets);
    if (!buffer) {
      sys::log(sys::Level::warning, kComponent, "FLOW_SOCKET_PLAIN", buffer.error().text());
    } else if (buffer->octets < kReceiveBufferOctets) {
      sys::log(sys::Level::info, kComponent, "FLOW_BUFFER_SMALL",
               "bursts may be lost: raise net.core.rmem_max to 16777216", {{"octets", std::to_string(buffer->octets)}});
    }
    rests_[i].may = buffer && buffer->octets >= kRestFromOctets;
    loop_.watch(fd, EPOLLIN, [this, i](uint32_t) { on_readable(i); });
  }
  timer_ = loop_.every(seconds(1), [this] { tick(); });
}

FlowExport::~FlowExport() {
  loop_.cancel(timer_);
  for (const Rest& rest : rests_)
    if (rest.timer) loop_.cancel(*rest.timer);
  for (const sys::Fd& fd : sockets_) loop_.forget(fd.get());
}

FlowExport::Left FlowExport::read(size_t socket) {
  for (int turn = 0; turn < kBatchesPerTurn; ++turn) {
    const auto n = batch_.receive(sockets_[socket].get());
    if (!n) {
      sys::log(sys::Level::warning, kComponent, "FLOW_RECEIVE_FAILED", n.error().text());
      return Left::nothing;
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
    if (*n < kDatagrams) return turn == 0 && *n == 0 ? Left::nothing : Left::empty;
  }
  return Left::more;
}

void FlowExport::on_readable(size_t socket) {
  if (read(socket) != Left::empty || !rests_[socket].may) return;
  loop_.change(sockets_[socket].get(), 0);
  rest(socket);
}

// Rests again without a word to the kernel as long as each rest brings something.
void FlowExport::on_rested(size_t socket) {
  rests_[socket].timer.reset();
  if (read(socket) == Left::empty) return rest(socket);
  loop_.change(sockets_[socket].get(), EPOLLIN);
}

void FlowExport::rest(size_t socket) {
  rests_[socket].timer = loop_.after(kRest, [this, socket] { on_rested(socket); });
}

void FlowExport::take(const model::NatBlock& block) {
  if (!nat_log_.see(block)) {
    ++stats_.nat_not_logged;
    return;
  }
  ++stats_.nat_blocks;
  if (new_blocks_.size() < kNewBlocksMax) {
    new_blocks_.push_back(block);
  } else if (new_losses_.empty() || new_losses_.back().exporter != block.exporter) {
    // Who is told of them knows at least that there was more.
    new_losses_.push_back({block.exporter, block.at - minutes(1), now_()});
  }
}

void FlowExport::take(const model::NatLoss& loss) {
  if (config_.nat_logged.empty()) return;
  ++stats_.nat_losses;
  nat_log_.lost(loss);
  new_losses_.push_back(loss);
}

// The same as see_behind_nat() by the log, once that of the flow's time is there.
bool FlowExport::see_behind_log(model::Flow& flow) const {
  const bool outbound = is_outbound(flow);
  IpAddress& client = outbound ? flow.source : flow.destination;
  if (!nat_log_.is_logged(client)) return true;
  const Prefix there = Prefix::host(outbound ? flow.destination : flow.source);
  const fold::To to{{&there, 1}, outbound ? flow.destination_port : flow.source_port};
  client = nat_log_.behind(flow.protocol, client, outbound ? flow.source_port : flow.destination_port, flow.begin,
                           config_.clock_skew * 2, to);
  return static_cast<bool>(client);
}

// The client's end of the flow becomes what its line has inside; false where that cannot be said.
bool FlowExport::see_behind_nat(model::Flow& flow) const {
  const bool outbound = is_outbound(flow);
  IpAddress& client = outbound ? flow.source : flow.destination;
  const fold::Inside inside =
      config_.outside.of(flow.protocol, client, outbound ? flow.source_port : flow.destination_port);
  if (inside.kind == fold::Behind::not_known) return false;
  client = inside.address;
  return true;
}

void FlowExport::on_flow(model::Flow flow) {
  if (config_.sampling != 0) flow.sampling = config_.sampling;
  take(flow);
}

void FlowExport::take(tables::C2List list) {
  c2_.take(std::move(list));
  decoder_.want_peers(&c2_.peers());
}

void FlowExport::take(model::Flow flow) {
  c2_.see(flow);
  const bool of_suspects =
      fold::PortScans::is_answered(flow.protocol, flow.tcp_flags) && scans_.suspects().test(flow.destination_port);
  if (!flow.smtp && !of_suspects && !is_wanted(flow.protocol, flow.source_port, flow.destination_port, flow.tcp_flags))
    return;
  if (!see_behind_nat(flow)) {
    ++stats_.behind_nat_unknown;
    return;
  }
  if (!is_mail(flow)) return on_other(flow);
  ++stats_.mail_flows;
  if (is_in(config_.relay, flow.source) || is_in(config_.relay, flow.destination)) {
    ++stats_.local_relay;
    return;
  }
  if (flow.begin < folded_) {
    ++stats_.too_late;
    return;
  }
  held_.push(flow);
  if (held_.size() <= config_.held_max) return;
  ++stats_.given_early;
  fold_first();
}

// On no mail port: what is_wanted() lets through, and of suspect ports what was answered.
void FlowExport::on_other(model::Flow flow) {
  const bool answered = fold::PortScans::is_answered(flow.protocol, flow.tcp_flags);
  ++(answered ? stats_.answered_flows : stats_.unanswered_flows);
  if (!see_behind_log(flow)) {
    ++stats_.behind_nat_unknown;
    return;
  }
  const fold::MailFlows::Line line = line_of_(flow.source);
  if (line.number == 0) return;
  if (answered) {
    scans_.see_answered(line.number, flow);
  } else {
    scans_.see(line.number, flow);
  }
}

void FlowExport::fold_first() {
  model::Flow flow = held_.top();
  held_.pop();
  folded_ = std::max(folded_, flow.begin);
  if (!see_behind_log(flow)) {
    ++stats_.behind_nat_unknown;
  } else if (flow.sign_in != model::SignIn::none) {
    on_sign_in(flow);
  } else {
    fold_.see(flow);
  }
}

void FlowExport::release() {
  const Time until = now_() - config_.hold;
  while (!held_.empty() && held_.top().begin <= until) fold_first();
  folded_ = std::max(folded_, until);
  fold_.advance(folded_);
}

bool FlowExport::within_rate() {
  if (tokens_ == 0) {
    ++stats_.contacts_over_rate;
    return false;
  }
  --tokens_;
  return true;
}

void FlowExport::on_volume(const fold::VolumeMinute& m) {
  if (!within_rate()) return;
  ++stats_.volumes;
  model::MailVolume volume;
  volume.source = m.source;
  volume.destination = m.destination;
  volume.port = m.port;
  volume.connections = m.connections;
  emit_({.sequence = 0, .at = m.at, .body = volume});
}

void FlowExport::on_scan(const fold::ScanStep& s) {
  if (!within_rate()) return;
  ++stats_.scans;
  model::PortScan scan;
  scan.source = s.source;
  scan.destination = s.destination;
  scan.port = s.port;
  emit_({.sequence = 0, .at = s.at, .body = scan});
}

void FlowExport::on_sign_in(const model::Flow& flow) {
  if (line_of_(flow.source).number == 0 || !within_rate()) return;
  ++stats_.sign_ins;
  model::ClearSignIn told;
  told.source = flow.source;
  told.destination = flow.destination;
  told.port = flow.destination_port;
  told.gave = flow.sign_in;
  emit_({.sequence = 0, .at = flow.begin, .body = told});
}

void FlowExport::on_connection(const fold::MailConnection& c) {
  if (!c.first || !within_rate()) return;
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

// DETECTION.md: no return traffic for 95 % of those who are answered is a one-way view.
void FlowExport::judge_direction() {
  const fold::MailFlows::Counters& now = fold_.counters();
  const uint64_t server = now.heard_server - heard_.heard_server;
  const uint64_t all = server + now.heard_client - heard_.heard_client;
  if (all < kAnswersAtLeast) return;
  heard_ = now;
  const bool one_way = server * 20 <= all;
  if (one_way != one_way_)
    sys::log(sys::Level::warning, kComponent, one_way ? "FLOW_ONE_WAY" : "FLOW_BOTH_WAYS",
             one_way ? "the exports show no answers of servers: failures are not judged; export both directions"
                     : "the exports show answers again: failures are judged");
  one_way_ = one_way;
  fold_.set_one_way(one_way);
}

void FlowExport::tick() {
  tokens_ = config_.contacts_per_s;
  release();
  const Time now = now_();
  if (now - expired_ < minutes(1)) return;
  expired_ = now;
  judge_direction();
  decoder_.expire(now);
  nat_log_.forget_before(now);
  // Once a minute, whatever a flood does.
  Stats::visit(stats_, [&](std::string_view name, const uint64_t& value) {
    constexpr std::array<std::string_view, 9> kUsual{"answered_flows", "mail_flows", "local_relay",
                                                     "contacts",       "volumes",    "unanswered_flows",
                                                     "scans",          "nat_blocks", "sign_ins"};
    if (std::ranges::find(kUsual, name) != kUsual.end()) return;
    Stats::visit(told_, [&](std::string_view before, uint64_t& last) {
      if (before != name || value == last) return;
      sys::log(sys::Level::warning, kComponent, "FLOW_EXPORT_LOSES", "something of the exports was not used",
               {{"what", std::string(name)}, {"more", std::to_string(value - last)}});
      last = value;
    });
  });
}

}  // namespace postern::observe::flow_export
