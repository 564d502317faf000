// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/smtp_seen/sign_ins.h"

#include <algorithm>
#include <array>
#include <utility>

namespace postern::wire {
namespace {

using model::SignIn;

constexpr uint8_t kSyn = 2;
constexpr size_t kCode = 3;
constexpr int kPrompt = 334;
constexpr int kSignedIn = 235;
constexpr int kGreeting = 220;
constexpr std::array<std::string_view, 5> kHarmless{"ehlo", "helo", "rset", "noop", "help"};

std::string_view text_of(ByteView octets) { return {reinterpret_cast<const char*>(octets.data()), octets.size()}; }

bool same(std::string_view said, std::string_view lower) {
  return std::ranges::equal(said, lower, [](char is, char want) {
    return (is >= 'A' && is <= 'Z' ? static_cast<char>(is + 32) : is) == want;
  });
}

// The first word, and what follows it.
std::pair<std::string_view, std::string_view> split(std::string_view line) {
  const size_t end = std::min(line.find(' '), line.size());
  std::string_view rest = line.substr(end);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return {line.substr(0, end), rest};
}

// Of the last whole line of what a server said (RFC 5321 section 4.2); 0 = it is no reply.
int code_of(std::string_view said) {
  if (!said.ends_with('\n')) {
    // The capture cut it: only one reply of many lines is known by its first.
    if (said.size() <= kCode || said[kCode] != '-') return 0;
  } else {
    const size_t end = said.size() > 1 ? said.rfind('\n', said.size() - 2) : std::string_view::npos;
    if (end != std::string_view::npos) said.remove_prefix(end + 1);
  }
  if (said.size() <= kCode) return 0;
  int code = 0;
  for (const char c : said.substr(0, kCode)) {
    if (c < '0' || c > '9') return 0;
    code = code * 10 + (c - '0');
  }
  const char after = said[kCode];
  return after == ' ' || after == '-' || after == '\r' || after == '\n' ? code : 0;
}

}  // namespace

SignIns::Then SignIns::on_auth(Talk& talk, std::string_view arguments) {
  const auto [mechanism, initial] = split(arguments);
  const bool login = same(mechanism, "login");
  const bool token = same(mechanism, "xoauth2") || same(mechanism, "oauthbearer");
  talk.gives = token ? SignIn::token : login || same(mechanism, "plain") ? SignIn::password : SignIn::none;
  talk.answers = login ? 2 : 1;
  talk.next = Next::prompt;
  // RFC 4954 section 4: "=" is an initial response without octets.
  if (talk.gives == SignIn::none || initial.empty() || initial == "=") return Then::go_on;
  return --talk.answers == 0 ? Then::tell : Then::go_on;
}

SignIns::Then SignIns::on_command(Talk& talk, std::string_view line) {
  const auto [verb, arguments] = split(line);
  if (same(verb, "auth")) return on_auth(talk, arguments);
  if (same(verb, "starttls")) talk.next = Next::encryption;
  const bool harmless = talk.next == Next::encryption ||
                        std::ranges::any_of(kHarmless, [&](std::string_view known) { return same(verb, known); });
  return harmless ? Then::go_on : Then::forget;
}

SignIns::Then SignIns::on_commands(Talk& talk, std::string_view said) {
  while (!said.empty() && talk.next == Next::command) {
    const size_t end = said.find('\n');
    std::string_view line = said.substr(0, end);
    said.remove_prefix(end == said.npos ? said.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (const Then then = on_command(talk, line); then != Then::go_on) return then;
  }
  return Then::go_on;
}

SignIns::Then SignIns::on_answer(Talk& talk, char first) {
  talk.next = Next::prompt;
  if (first == '*' || talk.gives == SignIn::none) return Then::go_on;
  return --talk.answers == 0 ? Then::tell : Then::go_on;
}

void SignIns::from_client(Time at, const PacketHeaders& p) {
  talks_.advance(at);
  const Connection key = Connection::by_client(p);
  if ((p.tcp_flags & kSyn) != 0) talks_.erase(key);  // another one between the same ends
  Talk* talk = p.payload.empty() ? nullptr : talks_.find(key);
  if (talk == nullptr || talk->expects != p.tcp_sequence || talk->next == Next::prompt ||
      talk->next == Next::encryption)
    return;
  talk->expects = p.tcp_sequence + static_cast<uint32_t>(p.payload.size());
  const std::string_view said = text_of(p.payload);
  const Then then = talk->next == Next::answer ? on_answer(*talk, said.front()) : on_commands(*talk, said);
  if (then == Then::go_on) return;
  if (then == Then::tell) tell(at, p, talk->gives);
  talks_.erase(key);
}

void SignIns::from_server(Time at, const PacketHeaders& p) {
  talks_.advance(at);
  if (p.payload.empty()) return;
  const Connection key = Connection::by_server(p);
  const int code = code_of(text_of(p.payload));
  Talk* talk = talks_.find(key);
  if (talk == nullptr) {
    if (code == kGreeting) talks_.put(key, {.at = at, .expects = p.tcp_acknowledged});
    return;
  }
  const bool asks = code == kPrompt && (talk->next == Next::prompt || talk->next == Next::answer);
  const bool encrypts = code == kGreeting && talk->next == Next::encryption;
  if (code == 0 || code == kSignedIn || encrypts || (code / 100 == 3 && !asks)) return talks_.erase(key);
  talk->expects = p.tcp_acknowledged;
  talk->next = asks ? Next::answer : Next::command;
}

void SignIns::tell(Time at, const PacketHeaders& p, SignIn gave) {
  ++found_;
  model::Flow flow = talk_of(p, at, at);
  flow.sign_in = gave;
  emit_(flow);
}

}  // namespace postern::wire
