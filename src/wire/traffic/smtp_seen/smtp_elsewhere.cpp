// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/smtp_seen/smtp_elsewhere.h"

#include <algorithm>
#include <string_view>

namespace postern::wire {
namespace {

constexpr uint8_t kTcp = 6;
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

void SmtpElsewhere::add(Time at, const PacketHeaders& p) {
  greeted_.advance(at);
  if (p.protocol != kTcp || p.payload.empty()) return;
  const std::string_view first = text_of(p.payload);
  if (is_greeting(first)) {
    greeted_.put(Connection::by_server(p), {at, p.tcp_acknowledged});  // sent again, it is there
    return;
  }
  if (!is_answer(first)) return;
  const Greeted* greeted = greeted_.find(Connection::by_client(p));
  if (greeted == nullptr || greeted->expects != p.tcp_sequence) return;
  ++found_;
  model::Flow flow = talk_of(p, greeted->at, std::max(at, greeted->at));
  flow.smtp = true;
  greeted_.erase(Connection::by_client(p));
  emit_(flow);
}

}  // namespace postern::wire
