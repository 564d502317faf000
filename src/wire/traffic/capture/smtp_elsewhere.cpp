// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/capture/smtp_elsewhere.h"

#include <algorithm>
#include <string_view>

namespace postern::wire {
namespace {

constexpr uint8_t kTcp = 6;
constexpr uint8_t kTalked = 0x1a;  // SYN, ACK and PSH
constexpr size_t kVerb = 4;

std::string_view text_of(ByteView payload) {
  const ByteView first = payload.first(std::min(payload.size(), kVerb + 1));
  return {reinterpret_cast<const char*>(first.data()), first.size()};
}

bool is_greeting(std::string_view first) { return first.starts_with("220 ") || first.starts_with("220-"); }

bool is_answer(std::string_view first) {
  if (first.size() <= kVerb || (first[kVerb] != ' ' && first[kVerb] != '\r' && first[kVerb] != '\n')) return false;
  const auto same = [&](std::string_view verb) {
    return std::equal(verb.begin(), verb.end(), first.begin(), [](char want, char is) { return (is | 0x20) == want; });
  };
  return same("ehlo") || same("helo");
}

}  // namespace

size_t SmtpElsewhere::Hash::operator()(const Key& key) const noexcept {
  const std::hash<IpAddress> hash;
  return (hash(key.client) * 31 + hash(key.server)) * 65'599 + (size_t{key.client_port} << 16) + key.port;
}

void SmtpElsewhere::forget_first() {
  const auto [at, key] = order_.front();
  order_.pop_front();
  if (const auto it = greeted_.find(key); it != greeted_.end() && it->second.at == at) greeted_.erase(it);
}

void SmtpElsewhere::greeted(const Key& key, Time at, uint32_t expects) {
  if (!greeted_.try_emplace(key, Greeted{at, expects}).second) return;  // sent again
  order_.emplace_back(at, key);
  if (order_.size() <= kGreetedMax) return;
  ++forgotten_early_;
  forget_first();
}

void SmtpElsewhere::add(Time at, const PacketHeaders& p) {
  clock_ = std::max(clock_, at);
  while (!order_.empty() && clock_ - order_.front().first > kAnswerWithin) forget_first();
  if (p.protocol != kTcp || p.payload.empty()) return;
  const std::string_view first = text_of(p.payload);
  if (is_greeting(first)) {
    greeted({p.destination, p.source, p.destination_port, p.source_port}, at, p.tcp_acknowledged);
    return;
  }
  if (!is_answer(first)) return;
  const auto it = greeted_.find({p.source, p.destination, p.source_port, p.destination_port});
  if (it == greeted_.end() || it->second.expects != p.tcp_sequence) return;
  ++found_;
  model::Flow flow;
  flow.begin = it->second.at;
  flow.end = std::max(at, flow.begin);
  flow.source = p.source;
  flow.destination = p.destination;
  flow.source_port = p.source_port;
  flow.destination_port = p.destination_port;
  flow.protocol = kTcp;
  flow.tcp_flags = kTalked;
  flow.flags_known = true;
  flow.packets = 1;
  flow.bytes = p.octets;
  flow.smtp = true;
  greeted_.erase(it);
  emit_(flow);
}

}  // namespace postern::wire
