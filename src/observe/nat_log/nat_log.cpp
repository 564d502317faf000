// SPDX-License-Identifier: Apache-2.0
#include "observe/nat_log/nat_log.h"

#include <string>
#include <string_view>
#include <sys/epoll.h>

#include "base/networks.h"
#include "sys/log.h"

namespace postern::observe::nat_log {
namespace {

using wire::NatLineIs;

constexpr std::string_view kComponent = "nat_log";
constexpr size_t kDatagrams = 64;
constexpr int kBatchesPerTurn = 16;  // then the loop's other descriptors have their turn

// What a NAT says that nobody has to look into.
bool is_usual(NatLineIs is) {
  return is == NatLineIs::connection || is == NatLineIs::other || is == NatLineIs::untranslated ||
         is == NatLineIs::portless;
}

void say(std::string_view what, uint64_t more) {
  sys::log(sys::Level::warning, kComponent, "NAT_LOG_LOSES", "something of the logs of NATs was not used",
           {{"what", std::string(what)}, {"more", std::to_string(more)}});
}

}  // namespace

NatLog::NatLog(Config config, sys::Loop& loop, std::vector<sys::Fd> udp_sockets, To to, Now now)
    : config_(std::move(config)),
      loop_(loop),
      sockets_(std::move(udp_sockets)),
      to_(std::move(to)),
      now_(std::move(now)),
      dropped_(sockets_.size()),
      batch_(kDatagrams, wire::kNatLineMax + 1) {
  for (size_t i = 0; i < sockets_.size(); ++i) {
    if (const auto buffer = sys::prepare_for_batches(sockets_[i].get(), kReceiveBufferOctets); !buffer)
      sys::log(sys::Level::warning, kComponent, "NAT_LOG_SOCKET_PLAIN", buffer.error().text());
    loop_.watch(sockets_[i].get(), EPOLLIN, [this, i](uint32_t) { on_readable(i); });
  }
  timer_ = loop_.every(seconds(1), [this] { tick(); });
}

NatLog::~NatLog() {
  loop_.cancel(timer_);
  for (const sys::Fd& fd : sockets_) loop_.forget(fd.get());
}

void NatLog::on_readable(size_t socket) {
  for (int turn = 0; turn < kBatchesPerTurn; ++turn) {
    const auto n = batch_.receive(sockets_[socket].get());
    if (!n) {
      sys::log(sys::Level::warning, kComponent, "NAT_LOG_RECEIVE_FAILED", n.error().text());
      return;
    }
    const Time now = now_();
    // Before what stands behind the gap makes the senders' last good lines newer.
    if (const auto dropped = batch_.dropped(); dropped && *n > 0 && *dropped != dropped_[socket]) {
      stats_.kernel_dropped += *dropped - dropped_[socket];
      dropped_[socket] = *dropped;
      for (auto& [from, sender] : senders_) lose(from, sender, now);
    }
    for (size_t i = 0; i < *n; ++i) {
      const sys::UdpBatch::One one = batch_.at(i);
      take(one.from.address, {reinterpret_cast<const char*>(one.bytes.data()), one.bytes.size()}, now);
    }
    if (*n < kDatagrams) return;
  }
}

void NatLog::take(const IpAddress& from, std::string_view line, Time now) {
  if (!is_in(config_.senders, from)) {
    ++stats_.not_listed;
    return;
  }
  auto known = senders_.find(from);
  if (known == senders_.end()) {
    if (senders_.size() >= config_.senders_max) {
      ++stats_.senders_full;
      return;
    }
    known = senders_.emplace(from, Sender{.good = now, .lost = {}, .late = {}}).first;
  }
  Sender& sender = known->second;
  ++stats_.lines;
  wire::NatLine read = wire::read_nat_line(line, now);
  ++by_kind_[static_cast<size_t>(read.is)];
  if (read.is == NatLineIs::connection) {
    sender.good = now;
    read.block.exporter = from;
    to_.block(read.block);
  } else if (!is_usual(read.is)) {
    lose(from, sender, now);
  }
}

// What one of its lines said is not known.
void NatLog::lose(const IpAddress& from, Sender& sender, Time now) {
  sender.late = now;
  if (sender.lost && now - sender.lost < seconds(1)) return;
  ++stats_.losses;
  sender.lost = now;
  to_.loss({from, std::min(sender.good, now), now});
}

void NatLog::tick() {
  const Time now = now_();
  for (auto& [from, sender] : senders_)
    if (sender.late > sender.lost) lose(from, sender, now);
  if (now - logged_ < minutes(1)) return;
  logged_ = now;
  log_what_is_new();
}

void NatLog::log_what_is_new() {
  for (size_t i = 0; i < by_kind_.size(); ++i) {
    const auto is = static_cast<NatLineIs>(i);
    if (!is_usual(is) && by_kind_[i] != kinds_told_[i]) say(to_string(is), by_kind_[i] - kinds_told_[i]);
  }
  kinds_told_ = by_kind_;
  Stats::visit(stats_, [&](std::string_view name, const uint64_t& value) {
    Stats::visit(told_, [&](std::string_view before, const uint64_t& last) {
      if (name == before && name != "lines" && value != last) say(name, value - last);
    });
  });
  told_ = stats_;
}

}  // namespace postern::observe::nat_log
