// SPDX-License-Identifier: Apache-2.0
// What a decoy says: a mail server (RFC 5321) that knows no user, one that takes everything, one that lets people sign
// in (RFC 4954) and knows no password, a telnet login, and hosts that say nothing. Low interaction: nothing that comes
// is kept but what Heard counts; bodies and passwords are forgotten as they are read. Pure.
//
// Limits: kLineMax octets of a line are looked at, kCommandsMax commands, kOctetsMax octets; then the peer is told
// good-bye. Answers per call stay under 80 octets a command.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/fields.h"

namespace postern::edge::decoy {

PN_ENUM(Play, closed, smtp, open_relay, sign_in, worm)

inline constexpr size_t kLineMax = 1'024;
inline constexpr uint32_t kCommandsMax = 100;
inline constexpr uint64_t kOctetsMax = 256 * 1024;
inline constexpr uint16_t kTelnet = 23;

struct Heard {
  uint32_t commands = 0;
  uint32_t messages = 0;  // that an open relay was given
  uint32_t sign_ins = 0;  // with a password
  bool honey = false;     // one of them by a name that only thieves have
  uint64_t octets = 0;
};

class Dialogue {
 public:
  // `host`: what the decoy calls itself. `honey`: in lower case; outlives this.
  Dialogue(Play play, uint16_t port, std::string_view host, const std::set<std::string>& honey);

  void greet(std::string& out) const;
  // What came; appends what to say. False: the decoy hangs up after that.
  [[nodiscard]] bool take(std::string_view bytes, std::string& out);
  [[nodiscard]] const Heard& heard() const { return heard_; }

 private:
  enum class Wait : uint8_t { command, body, user, password, plain, nothing };

  [[nodiscard]] bool speaks_smtp() const;
  [[nodiscard]] bool on_line(std::string_view line, std::string& out);
  [[nodiscard]] bool on_command(std::string_view line, std::string& out);
  void sign_in(std::string_view line, std::string& out);
  void plain(std::string_view base64, std::string& out);
  void refuse(std::string_view name, std::string& out);
  void mail(std::string_view verb, std::string& out);
  void body(std::string_view& bytes, std::string& out);
  [[nodiscard]] bool telnet(std::string_view line, std::string& out);

  Play play_;
  uint16_t port_;
  std::string_view host_;
  const std::set<std::string>* honey_;
  Wait wait_ = Wait::command;
  std::string line_;  // of the line that is under way, kLineMax at most
  std::string user_;  // of the sign-in that is under way
  uint8_t dot_ = 2;   // how much of CRLF . CRLF the body's end has been; it begins after a CRLF
  Heard heard_;
};

}  // namespace postern::edge::decoy
