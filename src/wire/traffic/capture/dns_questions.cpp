// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/capture/dns_questions.h"

#include <algorithm>

namespace postern::wire {
namespace {
constexpr uint16_t kDnsPort = 53;
constexpr uint8_t kUdp = 17;
constexpr uint8_t kTcp = 6;
}  // namespace

size_t DnsQuestions::KeyHash::operator()(const Key& k) const noexcept {
  const size_t numbers = size_t{k.port} << 32 | size_t{k.id} << 16 | k.type;
  return (std::hash<IpAddress>{}(k.client) * 31 + std::hash<std::string>{}(k.name)) ^ numbers * 0x9e3779b97f4a7c15U;
}

void DnsQuestions::give_first() {
  const auto found = waiting_.find(order_.front());
  const Waiting& w = found->second;
  emit_({.at = w.at,
         .client = found->first.client,
         .type = found->first.type,
         .name = found->first.name,
         .answered = w.answered,
         .rcode = w.rcode});
  waiting_.erase(found);
  order_.pop_front();
}

void DnsQuestions::advance(Time now) {
  clock_ = std::max(clock_, now);
  while (!order_.empty() && clock_ - waiting_.at(order_.front()).at > limits_.wait) give_first();
}

void DnsQuestions::add(Time at, const PacketHeaders& p) {
  if ((p.source_port != kDnsPort && p.destination_port != kDnsPort) || p.payload.empty()) return;
  advance(at);
  if (p.protocol == kUdp) return add_message(at, p, p.payload);
  if (p.protocol != kTcp) return;
  ByteView left = p.payload;
  while (left.size() > 2) {
    const size_t octets = size_t{static_cast<uint8_t>(left[0])} << 8 | static_cast<uint8_t>(left[1]);
    const ByteView message = left.subspan(2, std::min(octets, left.size() - 2));
    // In the middle of a stream, two octets of anything are read as a length.
    if (octets < kDnsHeadOctets || !decode_dns(message)) {
      ++stats_.unframed;
      return;
    }
    add_message(at, p, message);
    left = left.subspan(2 + message.size());
  }
}

void DnsQuestions::add_message(Time at, const PacketHeaders& p, ByteView message) {
  ++stats_.messages;
  auto m = decode_dns(message);
  if (!m) {
    ++stats_.broken;
    return;
  }
  if (m->opcode != 0 || m->class_ != kDnsClassInternet) {
    ++stats_.other;
    return;
  }
  Key key{.client = m->response ? p.destination : p.source,
          .port = m->response ? p.destination_port : p.source_port,
          .id = m->id,
          .type = m->type,
          .name = std::move(m->name)};
  const auto [found, fresh] = waiting_.try_emplace(key, Waiting{.at = at});
  if (m->response && !found->second.answered) {
    found->second.answered = true;
    found->second.rcode = m->rcode;
  } else if (!fresh) {
    ++stats_.repeated;
  }
  if (!fresh) return;
  order_.push_back(std::move(key));
  if (order_.size() <= limits_.questions_max) return;
  ++stats_.given_early;
  give_first();
}

void DnsQuestions::finish() {
  while (!order_.empty()) give_first();
}

}  // namespace postern::wire
