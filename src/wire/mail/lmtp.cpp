// SPDX-License-Identifier: Apache-2.0
#include "wire/mail/lmtp.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"

namespace postern::wire {
namespace {

constexpr std::string_view kOk = "250 2.0.0 OK\r\n";
constexpr size_t kPathMax = 256;  // RFC 5321 section 4.5.3.1.3

std::string upper(std::string_view s) {
  std::string out(s);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

// "FROM:<path> PARAMETERS": the path without its <>; what follows is left in `argument`. Nothing = not well formed.
std::optional<std::string> take_path(std::string_view& argument, std::string_view word) {
  if (upper(argument.substr(0, word.size())) != word) return std::nullopt;
  argument.remove_prefix(word.size());
  while (argument.starts_with(' ')) argument.remove_prefix(1);
  const size_t end = argument.find('>');
  if (!argument.starts_with('<') || end == std::string_view::npos || end > kPathMax) return std::nullopt;
  const std::string_view path = argument.substr(1, end - 1);
  if (!std::ranges::all_of(path, [](char c) { return c > ' ' && c < 0x7f && c != '<'; })) return std::nullopt;
  argument.remove_prefix(end + 1);
  return std::string(path);
}

// SIZE=n and BODY=… (RFC 1870, RFC 6152); nothing else was offered.
bool are_known(std::string_view parameters) {
  const std::string all = upper(parameters);
  for (size_t at = 0; at < all.size();) {
    const size_t end = std::min(all.find(' ', at), all.size());
    const std::string_view one = std::string_view(all).substr(at, end - at);
    if (!one.empty() && !one.starts_with("SIZE=") && one != "BODY=8BITMIME" && one != "BODY=7BIT") return false;
    at = end + 1;
  }
  return true;
}

}  // namespace

LmtpSession::LmtpSession(std::string host, LmtpLimits limits, Takes takes)
    : host_(std::move(host)), limits_(limits), takes_(std::move(takes)) {}

void LmtpSession::greet(std::string& out) const { out += "220 " + host_ + " LMTP postern\r\n"; }

LmtpSession::Step LmtpSession::take(std::string_view& bytes, std::string& out) {
  PN_CHECK(state_ != State::answering);
  while (!bytes.empty()) {
    if (state_ != State::command) {
      if (const Step step = take_data(bytes, out); step != Step::more) return step;
      continue;
    }
    const char c = bytes.front();
    bytes.remove_prefix(1);
    if (c == '\n') {
      if (const Step step = on_line(out); step != Step::more) return step;
    } else if (line_.size() < kLineMax) {
      line_ += c;
    } else {
      line_too_long_ = true;
    }
  }
  return Step::more;
}

LmtpSession::Step LmtpSession::on_line(std::string& out) {
  std::string line = std::exchange(line_, {});
  if (line.ends_with('\r')) line.pop_back();
  const size_t space = std::min(line.find(' '), line.size());
  const std::string verb = upper(std::string_view(line).substr(0, space));
  const std::string_view argument = std::string_view(line).substr(std::min(space + 1, line.size()));
  if (std::exchange(line_too_long_, false)) {
    refuse("500 5.5.2 the line is too long\r\n", out);
  } else if (verb == "QUIT") {
    out += "221 2.0.0 bye\r\n";
    return Step::over;
  } else if (verb == "LHLO") {
    reset();
    greeted_ = true;
    out += "250-" + host_ + "\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250 SIZE " +
           std::to_string(limits_.octets_max) + "\r\n";
  } else if (verb == "NOOP" || verb == "RSET") {
    if (verb == "RSET") reset();
    out += kOk;
  } else if (!greeted_) {
    refuse("503 5.5.1 LHLO first: this is LMTP (RFC 2033)\r\n", out);
  } else if (verb == "MAIL") {
    on_mail(argument, out);
  } else if (verb == "RCPT") {
    on_rcpt(argument, out);
  } else if (verb == "DATA") {
    on_data(out);
  } else {
    refuse("500 5.5.1 unknown command\r\n", out);
  }
  if (errors_ <= limits_.errors_max) return Step::more;
  out += "421 4.7.0 too many errors\r\n";
  return Step::over;
}

void LmtpSession::on_mail(std::string_view argument, std::string& out) {
  if (has_sender_) return refuse("503 5.5.1 a mail is under way already\r\n", out);
  auto path = take_path(argument, "FROM:");
  if (!path) return refuse("501 5.1.7 the sender is not well formed\r\n", out);
  if (!are_known(argument)) return refuse("555 5.5.4 unknown parameter\r\n", out);
  if (messages_ >= limits_.messages_max) return refuse("452 4.3.1 enough for one connection\r\n", out);
  has_sender_ = true;
  message_.sender = std::move(*path);
  out += "250 2.1.0 OK\r\n";
}

void LmtpSession::on_rcpt(std::string_view argument, std::string& out) {
  if (!has_sender_) return refuse("503 5.5.1 MAIL first\r\n", out);
  const auto path = take_path(argument, "TO:");
  if (!path || path->empty()) return refuse("501 5.1.3 the recipient is not well formed\r\n", out);
  if (!are_known(argument)) return refuse("555 5.5.4 unknown parameter\r\n", out);
  if (!takes_(*path)) return refuse("550 5.1.1 no such address here\r\n", out);
  if (message_.recipients.size() >= limits_.recipients_max) return refuse("452 4.5.3 too many recipients\r\n", out);
  message_.recipients.push_back(*path);
  out += "250 2.1.5 OK\r\n";
}

void LmtpSession::on_data(std::string& out) {
  if (message_.recipients.empty()) return refuse("503 5.5.1 RCPT first\r\n", out);
  state_ = State::line_start;
  out += "354 go on\r\n";
}

void LmtpSession::refuse(std::string_view reply, std::string& out) {
  ++errors_;
  out += reply;
}

LmtpSession::Step LmtpSession::take_data(std::string_view& bytes, std::string& out) {
  size_t n = 0;
  bool end = false;
  while (n < bytes.size() && !end) end = on_octet(bytes[n++]);
  bytes.remove_prefix(n);
  if (!end) return Step::more;
  state_ = State::answering;
  ++messages_;
  if (message_.octets <= limits_.octets_max) return Step::message;
  answer("552 5.3.4 the message is too large", out);
  return Step::more;
}

// RFC 5321 section 4.5.2. A line ends with CRLF alone; a message ends with CRLF . CRLF.
bool LmtpSession::on_octet(char c) {
  switch (state_) {
    case State::line_start:
      if (c == '.') {
        state_ = State::dot;
        return false;
      }
      break;
    case State::dot:
      if (c == '\r') {
        state_ = State::dot_cr;
        return false;
      }
      break;
    case State::dot_cr:
      if (c == '\n') return true;
      keep('\r');
      break;
    case State::cr:
      if (c == '\n') {
        keep(c);
        state_ = State::line_start;
        return false;
      }
      break;
    case State::in_line:
    case State::command:
    case State::answering:
      break;
  }
  keep(c);
  state_ = c == '\r' ? State::cr : State::in_line;
  return false;
}

void LmtpSession::keep(char c) {
  ++message_.octets;
  if (message_.kept.size() < limits_.kept_max) message_.kept += c;
}

void LmtpSession::answer(std::string_view reply, std::string& out) {
  PN_CHECK(state_ == State::answering);
  for (size_t i = 0; i < message_.recipients.size(); ++i) {
    out += reply;
    out += "\r\n";
  }
  reset();
}

void LmtpSession::reset() {
  state_ = State::command;
  has_sender_ = false;
  message_ = {};
}

}  // namespace postern::wire
