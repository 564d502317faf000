// SPDX-License-Identifier: Apache-2.0
#include "wire/mail/postfix_log/line.h"

#include <algorithm>
#include <charconv>

namespace postern::wire {
namespace {

bool is_id_char(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

// What stands between `before` and `until`; empty when there is no such thing.
std::string_view between(std::string_view text, std::string_view before, std::string_view until) {
  const size_t at = text.find(before);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + before.size());
  const size_t end = text.find(until);
  return end == std::string_view::npos ? std::string_view() : text.substr(0, end);
}

// Where the program's own name begins in the header; npos when it is no line of that program. What people choose (a
// name they sign in with, what a peer said) stands after the first ": ", so nothing from there on is a header.
size_t header_name(std::string_view line, std::string_view name, size_t from) {
  for (size_t at = line.find(name, from); at != std::string_view::npos; at = line.find(name, at + 1)) {
    if (line.substr(0, at).find(": ") != std::string_view::npos) return std::string_view::npos;
    if (at == 0 || line[at - 1] == ' ') return at;
  }
  return std::string_view::npos;
}

// The program's name of "postfix/submission/smtpd[12]: rest" or "postfix/smtp[7]: rest"; `line` becomes the rest.
std::string_view program_of(std::string_view& line) {
  const size_t end = line.find("]: ");
  for (size_t at = header_name(line, "postfix", 0); at != std::string_view::npos;
       at = header_name(line, "postfix", at + 1)) {
    const size_t open = line.find('[', at);
    if (end == std::string_view::npos || open == std::string_view::npos || open > end) return {};
    const std::string_view tag = line.substr(at, open - at);
    if (tag.find(' ') != std::string_view::npos) continue;  // RFC 5424 names the program twice
    line.remove_prefix(end + 3);
    const size_t slash = tag.rfind('/');
    return slash == std::string_view::npos ? std::string_view() : tag.substr(slash + 1);
  }
  return {};
}

std::string_view queue_id_of(std::string_view& line) {
  const auto end = static_cast<size_t>(std::ranges::find_if_not(line, is_id_char) - line.begin());
  if (end < 5 || end > 32 || !line.substr(end).starts_with(": ")) return {};
  const std::string_view id = line.substr(0, end);
  line.remove_prefix(end + 2);
  return id;
}

PostfixAnswer answer_of(std::string_view said, std::string_view code, std::string_view relay) {
  using enum PostfixAnswer;
  if (said.starts_with("sent ")) return delivered;
  if (said.starts_with("deferred ")) return relay == "none" || code.starts_with("4.4.") ? unreachable : put_off;
  if (!said.starts_with("bounced ") || relay == "none") return none;
  return code.starts_with("5.7.") ? refused : code.starts_with("5.1.") ? unknown : not_taken;
}

PostfixLogLine final_word(std::string_view id, std::string_view line, bool to_others) {
  PostfixLogLine out;
  // What the peer said stands in the brackets after the status: nothing of it is looked at.
  const size_t status = line.find(", status=");
  if (status == std::string_view::npos || !line.starts_with("to=<")) return out;
  const std::string_view said = line.substr(status + 9);
  line = line.substr(0, status);
  // A quoted local part may hold anything: the last "> that a comma follows" within the own part of the line.
  const size_t end = line.find(">, ");
  if (end == std::string_view::npos) return out;
  const std::string_view to = line.substr(4, end - 4);
  const size_t dsn = line.rfind(", dsn=");
  const std::string_view code = dsn == std::string_view::npos ? std::string_view() : line.substr(dsn + 6);
  const bool sent = said.starts_with("sent ");
  // 5.1: no such user or domain; 5.7: policy. What else bounces (a full box, a loop) says nothing of the sender.
  const bool refused = said.starts_with("bounced ") && (code.starts_with("5.1.") || code.starts_with("5.7."));
  if (to.empty()) return out;
  out.kind = sent || refused ? PostfixLogKind::final_word : PostfixLogKind::word;
  out.queue_id = id;
  out.recipient = to;
  out.delivered = sent;
  out.deferred = said.starts_with("deferred ");
  const std::string_view rest = line.substr(end);
  if (to_others) out.answer = answer_of(said, code, between(rest, ", relay=", ","));
  const std::string_view delay = between(rest, ", delay=", ",");
  std::from_chars(delay.data(), delay.data() + delay.size(), out.delay_s);
  return out;
}

PostfixLogLine submitted(std::string_view id, std::string_view line) {
  PostfixLogLine out;
  if (!line.starts_with("client=")) return out;
  // The client's name comes from its DNS: no comma and no space in it.
  const size_t at = line.find(", sasl_username=");
  if (at == std::string_view::npos) return out;
  std::string_view account = line.substr(at + 16);
  if (const size_t more = account.find(", sasl_sender="); more != std::string_view::npos)
    account = account.substr(0, more);
  if (account.empty() || account.find(' ') != std::string_view::npos) return out;
  out.kind = PostfixLogKind::submitted;
  out.queue_id = id;
  out.account = account;
  return out;
}

PostfixLogLine dovecot(std::string_view line) {
  PostfixLogLine out;
  const size_t failed = line.find("(auth failed, ");
  const size_t after = failed == std::string_view::npos ? failed : line.find("): user=<", failed);
  if (after == std::string_view::npos) return out;
  // A name may hold anything, "rip=" too: the last of either is Dovecot's own.
  const size_t rip = line.rfind(", rip=");
  const size_t end = line.rfind(">, method=", rip);
  if (rip == std::string_view::npos || end == std::string_view::npos || end < after + 9) return out;
  const std::string_view address = line.substr(rip + 6, line.find(',', rip + 6) - rip - 6);
  const auto client = parse_ip(address);
  const std::string_view attempts = between(line.substr(failed), "(auth failed, ", " ");
  std::from_chars(attempts.data(), attempts.data() + attempts.size(), out.attempts);
  if (!client || out.attempts == 0) return out;
  out.kind = PostfixLogKind::login_failed;
  out.client = *client;
  out.account = line.substr(after + 9, end - after - 9);
  return out;
}

}  // namespace

PostfixLogLine read_postfix_log(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  if (line.size() > kLogLineMax) line = line.substr(0, kLogLineMax);
  std::string_view rest = line;
  const std::string_view program = program_of(rest);
  if (program.empty()) {
    return header_name(line, "dovecot", 0) != std::string_view::npos ? dovecot(line) : PostfixLogLine{};
  }
  const std::string_view id = queue_id_of(rest);
  if (id.empty()) return {};
  if (program == "smtpd") return submitted(id, rest);
  if (program == "smtp" || program == "lmtp" || program == "local" || program == "virtual" || program == "pipe" ||
      program == "error")
    return final_word(id, rest, program == "smtp");
  if (program == "qmgr" && rest == "removed") return {.kind = PostfixLogKind::removed, .queue_id = id};
  return {};
}

}  // namespace postern::wire
