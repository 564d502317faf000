// SPDX-License-Identifier: Apache-2.0
#include "edge/decoy/dialogue.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "wire/base64.h"

namespace postern::edge::decoy {
namespace {

constexpr std::string_view kUserPrompt = "334 VXNlcm5hbWU6\r\n";      // "Username:"
constexpr std::string_view kPasswordPrompt = "334 UGFzc3dvcmQ6\r\n";  // "Password:"
constexpr uint32_t kTelnetTries = 3;
constexpr size_t kNameMax = 256;

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

// The first word, in lower case, and what follows it.
std::pair<std::string, std::string_view> split(std::string_view line) {
  const size_t end = std::min(line.find(' '), line.size());
  std::string_view rest = line.substr(end);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return {lower(line.substr(0, end)), rest};
}

}  // namespace

Dialogue::Dialogue(Play play, uint16_t port, std::string_view host, const std::set<std::string>& honey)
    : play_(play), port_(port), host_(host), honey_(&honey) {
  if (play_ == Play::closed || (play_ == Play::worm && port_ != kTelnet)) wait_ = Wait::nothing;
  if (play_ == Play::worm && port_ == kTelnet) wait_ = Wait::user;
}

bool Dialogue::speaks_smtp() const {
  return play_ == Play::smtp || play_ == Play::open_relay || play_ == Play::sign_in;
}

void Dialogue::greet(std::string& out) const {
  if (speaks_smtp()) out += fmt::format("220 {} ESMTP\r\n", host_);
  if (wait_ == Wait::user) out += "login: ";
}

bool Dialogue::take(std::string_view bytes, std::string& out) {
  heard_.octets += bytes.size();
  if (heard_.octets > kOctetsMax) {
    if (speaks_smtp()) out += fmt::format("421 4.7.0 {} closing\r\n", host_);
    return false;
  }
  while (!bytes.empty()) {
    if (wait_ == Wait::nothing) return true;
    if (wait_ == Wait::body) {
      body(bytes, out);
      continue;
    }
    const size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    line_ += part.substr(0, kLineMax - line_.size());
    if (end == bytes.npos) return true;
    bytes.remove_prefix(end + 1);
    if (line_.ends_with('\r')) line_.pop_back();
    const std::string line = std::exchange(line_, {});
    if (!on_line(line, out)) return false;
  }
  return true;
}

bool Dialogue::on_line(std::string_view line, std::string& out) {
  if (++heard_.commands > kCommandsMax) {
    if (speaks_smtp()) out += fmt::format("421 4.7.0 {} too many commands\r\n", host_);
    return false;
  }
  if (play_ == Play::worm) return telnet(line, out);
  if (wait_ == Wait::command) return on_command(line, out);
  sign_in(line, out);
  return true;
}

bool Dialogue::on_command(std::string_view line, std::string& out) {
  const auto [verb, rest] = split(line);
  if (verb == "quit") {
    out += fmt::format("221 2.0.0 {} closing\r\n", host_);
    return false;
  }
  if (verb == "helo") {
    out += fmt::format("250 {}\r\n", host_);
  } else if (verb == "ehlo") {
    out += play_ == Play::sign_in ? fmt::format("250-{}\r\n250 AUTH PLAIN LOGIN\r\n", host_)
                                  : fmt::format("250-{}\r\n250 8BITMIME\r\n", host_);
  } else if (verb == "rset" || verb == "noop") {
    out += "250 2.0.0 OK\r\n";
  } else if (verb == "auth" && play_ == Play::sign_in) {
    const auto [method, first] = split(rest);
    if (method == "plain" && !first.empty()) {
      plain(first, out);
    } else if (method == "plain" || method == "login") {
      wait_ = method == "plain" ? Wait::plain : first.empty() ? Wait::user : Wait::password;
      if (wait_ == Wait::password) user_ = wire::from_base64(first).value_or("").substr(0, kNameMax);
      out += wait_ == Wait::plain ? "334 \r\n" : wait_ == Wait::user ? kUserPrompt : kPasswordPrompt;
    } else {
      out += "504 5.5.4 no such mechanism\r\n";
    }
  } else if (verb == "mail" || verb == "rcpt" || verb == "data") {
    mail(verb, out);
  } else {
    out += "502 5.5.1 not implemented\r\n";
  }
  return true;
}

void Dialogue::mail(std::string_view verb, std::string& out) {
  if (play_ == Play::sign_in) {
    out += "530 5.7.0 Authentication required\r\n";
  } else if (verb == "mail") {
    out += "250 2.1.0 OK\r\n";
  } else if (play_ == Play::smtp) {
    out += verb == "rcpt" ? "550 5.1.1 no such user\r\n" : "554 5.5.1 no valid recipients\r\n";
  } else if (verb == "rcpt") {
    out += "250 2.1.5 OK\r\n";
  } else {
    out += "354 go ahead\r\n";
    wait_ = Wait::body;
    dot_ = 2;
  }
}

// Nothing of it is kept but how much of its end has come.
void Dialogue::body(std::string_view& bytes, std::string& out) {
  constexpr std::string_view kEnd = "\r\n.\r\n";
  while (!bytes.empty()) {
    const char c = bytes.front();
    bytes.remove_prefix(1);
    dot_ = c == kEnd[dot_] ? static_cast<uint8_t>(dot_ + 1) : c == '\r' ? 1 : 0;
    if (dot_ < kEnd.size()) continue;
    ++heard_.messages;
    out += "250 2.0.0 queued\r\n";
    wait_ = Wait::command;
    return;
  }
}

void Dialogue::sign_in(std::string_view line, std::string& out) {
  if (line == "*") {
    wait_ = Wait::command;
    out += "501 5.7.0 cancelled\r\n";
  } else if (wait_ == Wait::plain) {
    plain(line, out);
  } else if (wait_ == Wait::user) {
    user_ = wire::from_base64(line).value_or("").substr(0, kNameMax);
    wait_ = Wait::password;
    out += kPasswordPrompt;
  } else {
    refuse(std::exchange(user_, {}), out);
  }
}

// RFC 4616: authorization identity, NUL, name, NUL, password.
void Dialogue::plain(std::string_view base64, std::string& out) {
  const std::string told = wire::from_base64(base64).value_or("");
  const size_t name = told.find('\0');
  const size_t password = name == told.npos ? name : told.find('\0', name + 1);
  if (password == told.npos) {
    wait_ = Wait::command;
    out += "501 5.5.2 cannot decode\r\n";
    return;
  }
  refuse(std::string_view(told).substr(name + 1, password - name - 1), out);
}

void Dialogue::refuse(std::string_view name, std::string& out) {
  ++heard_.sign_ins;
  heard_.honey = heard_.honey || honey_->contains(lower(name));
  wait_ = Wait::command;
  out += "535 5.7.8 Authentication credentials invalid\r\n";
}

bool Dialogue::telnet(std::string_view line, std::string& out) {
  if (wait_ == Wait::user) {
    user_ = std::string(line.substr(0, kNameMax));
    wait_ = Wait::password;
    out += "Password: ";
    return true;
  }
  ++heard_.sign_ins;
  heard_.honey = heard_.honey || honey_->contains(lower(std::exchange(user_, {})));
  wait_ = Wait::user;
  out += "\r\nLogin incorrect\r\nlogin: ";
  return heard_.sign_ins < kTelnetTries;
}

}  // namespace postern::edge::decoy
