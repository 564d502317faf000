// SPDX-License-Identifier: Apache-2.0
// The server's side of LMTP (RFC 2033), as a function of bytes: commands and messages in, replies out; no socket, no
// clock. For a server that takes mail for a few addresses of its own and hands it to a program: PIPELINING,
// ENHANCEDSTATUSCODES, 8BITMIME and SIZE, one reply for each recipient after the data. Takes foreign bytes: command
// lines, recipients, errors and messages are bounded; of a message its first `kept_max` octets are kept, the rest is
// read and forgotten. The result does not depend on how the bytes are cut into reads.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"

namespace postern::wire {

struct LmtpLimits {
  size_t recipients_max = 16;
  size_t kept_max = size_t{128} * 1024;
  size_t octets_max = size_t{64} * 1024 * 1024;  // of one message; a longer one is refused for good
  uint32_t errors_max = 10;                      // of one connection; then it is closed
  uint32_t messages_max = 100;                   // the same
};

struct LmtpMessage {
  std::string sender;                   // reverse path without its <>; empty = none
  std::vector<std::string> recipients;  // as given, without <>; each was taken by `takes`
  std::string kept;                     // dot-stuffing undone, CRLF line ends
  size_t octets = 0;                    // of the whole message
};

class LmtpSession {
 public:
  using Takes = std::function<bool(std::string_view recipient)>;
  LmtpSession(std::string host, LmtpLimits limits, Takes takes);

  //   more      all bytes were used
  //   message   one is whole: message(), then answer(); bytes after it were not used
  //   over      send what `out` holds, then close
  enum class Step : uint8_t { more, message, over };
  void greet(std::string& out) const;
  [[nodiscard]] Step take(std::string_view& bytes, std::string& out);
  [[nodiscard]] const LmtpMessage& message() const { return message_; }
  // The same reply for every recipient of message(): "250 2.0.0 taken".
  void answer(std::string_view reply, std::string& out);

 private:
  enum class State : uint8_t { command, line_start, dot, dot_cr, in_line, cr, answering };
  static constexpr size_t kLineMax = 1'024;  // RFC 5321 section 4.5.3.1.4, and room for parameters

  [[nodiscard]] Step on_line(std::string& out);
  void on_mail(std::string_view argument, std::string& out);
  void on_rcpt(std::string_view argument, std::string& out);
  void on_data(std::string& out);
  void refuse(std::string_view reply, std::string& out);
  [[nodiscard]] Step take_data(std::string_view& bytes, std::string& out);
  [[nodiscard]] bool on_octet(char c);  // true: that was the end of the message
  void keep(char c);
  void reset();

  std::string host_;
  LmtpLimits limits_;
  Takes takes_;
  State state_ = State::command;
  std::string line_;
  bool line_too_long_ = false;
  bool greeted_ = false;  // LHLO was said
  bool has_sender_ = false;
  uint32_t errors_ = 0;
  uint32_t messages_ = 0;
  LmtpMessage message_;
};

}  // namespace postern::wire
