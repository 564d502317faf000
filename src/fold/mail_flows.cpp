// SPDX-License-Identifier: Apache-2.0
#include "fold/mail_flows.h"

#include <algorithm>

namespace postern::fold {
namespace {

constexpr uint8_t kSyn = 2;
constexpr uint8_t kRst = 4;
constexpr uint8_t kPsh = 8;
constexpr uint8_t kAck = 16;
constexpr uint8_t kTcp = 6;
constexpr uint64_t kTalking = 4;  // packets with ACK that no unanswered client sends

bool has(uint8_t flags, uint8_t all) { return (flags & all) == all; }

}  // namespace

size_t MailFlows::Hash::operator()(const Key& key) const {
  const std::hash<IpAddress> hash;
  return (hash(key.client) * 31 + hash(key.server)) * 65'599 + (size_t{key.client_port} << 16) + key.port;
}

size_t MailFlows::bytes() const {
  size_t out = mailed_.capacity() / 8;
  for (const auto& [duration, memory] : memories_) out += memory.bytes();
  return out + pending_.size() * (sizeof(Key) * 2 + sizeof(Pending) + sizeof(Time) + 4 * sizeof(void*));
}

void MailFlows::see(const model::Flow& flow) {
  if (flow.protocol != kTcp) return;
  advance(flow.begin);
  const bool to = is_mail_port(flow.destination_port);
  const bool from = is_mail_port(flow.source_port);
  // Between two mail ports the SYN says who asked.
  const bool asks = flow.smtp || (to && (!from || (has(flow.tcp_flags, kSyn) && !has(flow.tcp_flags, kAck))));
  if (!asks && !from) return;
  const Key key = asks ? Key{flow.source, flow.destination, flow.source_port, flow.destination_port}
                       : Key{flow.destination, flow.source, flow.destination_port, flow.source_port};
  const Line line = line_of_(key.client);
  if (line.number == 0) {
    ++counters_.not_governed;
  } else if (asks) {
    ask(key, flow, line);
  } else {
    answer(key, flow, line);
  }
}

MailFlows::Pending* MailFlows::pending_of(const Key& key, const Line& line, Time begun) {
  if (const auto it = pending_.find(key); it != pending_.end()) return &it->second;
  if (pending_.size() >= kPendingMax) return nullptr;
  due_.emplace_back(std::max(now_, begun) + kAnswerWithin, key);
  Pending& p = pending_[key];
  p.line = line.number;
  p.begun = begun;
  return &p;
}

uint64_t MailFlows::destination_of(const IpAddress& server) const {
  constexpr uint64_t kOfOrigins = uint64_t{0xa5} << 56;  // apart from networks, but for chance
  const uint32_t origin = origin_of_ ? origin_of_(server) : 0;
  return origin != 0 ? kOfOrigins | origin : fingerprint(destination_network(server));
}

bool MailFlows::is_first(const Line& line, const Key& key, Time begun) {
  if (mailed_.size() <= line.number) mailed_.resize(line.number + size_t{1});
  if (!mailed_[line.number]) ++lines_;
  mailed_[line.number] = true;
  const bool first = memories_.try_emplace(line.memory, line.memory)
                         .first->second.first(line.number, destination_of(key.server), now_);
  ++counters_.connections;
  counters_.first_contacts += first ? 1 : 0;
  if (wants_volume_) volumes_.see(line.number, key.client, key.server, key.port, begun);
  return first;
}

void MailFlows::ask(const Key& key, const model::Flow& flow, const Line& line) {
  const bool talks = has(flow.tcp_flags, kPsh) || (has(flow.tcp_flags, kAck) && flow.packets >= kTalking);
  const auto it = pending_.find(key);
  const bool known = it != pending_.end() && (it->second.asked || has(it->second.server_flags, kSyn));
  if (flow.flags_known && !has(flow.tcp_flags, kSyn) && !talks && !known) {
    ++counters_.strays;
    return;
  }
  Pending* p = pending_of(key, line, flow.begin);
  if (p == nullptr) {
    ++counters_.pending_full;
    const bool first = is_first(line, key, flow.begin);
    sink_({line.number, flow.begin, now_, key.client, key.server, key.port, model::Outcome::unknown, first});
    return;
  }
  if (p->asked) {
    ++counters_.folded;
  } else {
    p->asked = true;
    p->begun = flow.begin;
    p->first = is_first(line, key, flow.begin);
  }
  p->client_flags |= flow.tcp_flags;
  p->packets += flow.packets;
  p->blind = p->blind || !flow.flags_known || flow.sampling > 1;
  judge(key, *p);
}

void MailFlows::answer(const Key& key, const model::Flow& flow, const Line& line) {
  Pending* p = pending_of(key, line, flow.begin);
  if (p == nullptr) {
    ++counters_.pending_full;
    return;
  }
  p->server_flags |= flow.tcp_flags;
  if (p->asked) ++counters_.folded;
  judge(key, *p);
}

void MailFlows::judge(const Key& key, Pending& p) {
  if (!p.asked || p.told) return;
  const bool answered = has(p.server_flags, kSyn | kAck) || has(p.server_flags, kPsh) || has(p.client_flags, kPsh) ||
                        (has(p.client_flags, kAck) && p.packets >= kTalking);
  if (answered) {
    ++(p.server_flags != 0 ? counters_.heard_server : counters_.heard_client);
    tell(key, p, model::Outcome::success);
  } else if (has(p.server_flags, kRst)) {
    tell(key, p, unanswered(key, p));
  }
}

// What a connection without an answer is called. A client that acknowledges was answered where we did not look.
model::Outcome MailFlows::unanswered(const Key& key, const Pending& p) {
  if (p.blind || one_way_ || (has(p.client_flags, kAck) && p.server_flags == 0)) return model::Outcome::unknown;
  if (!p.first) return model::Outcome::failure;
  return outages_.excuses(p.line, fingerprint(destination_network(key.server)), lines_, now_) ? model::Outcome::unknown
                                                                                              : model::Outcome::failure;
}

void MailFlows::tell(const Key& key, Pending& p, model::Outcome outcome) {
  p.told = true;
  sink_({p.line, p.begun, now_, key.client, key.server, key.port, outcome, p.first});
}

void MailFlows::advance(Time now) {
  while (!due_.empty() && due_.front().first <= now) {
    const auto [at, key] = due_.front();
    due_.pop_front();
    now_ = std::max(now_, at);
    const auto it = pending_.find(key);
    if (it->second.asked && !it->second.told) tell(key, it->second, unanswered(key, it->second));
    if (!it->second.asked) ++counters_.strays;
    pending_.erase(it);
  }
  now_ = std::max(now_, now);
  if (wants_volume_) volumes_.advance(now_);
}

}  // namespace postern::fold
