// SPDX-License-Identifier: Apache-2.0
// One line that a mail server is asked to say: reply code, enhanced status, text (RFC 5321 section 4.2, RFC 3463).
// The policy and the milter protocol carry the same line, so one refusal reads alike on both ways.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"

namespace postern::wire {

// RFC 5321 section 4.5.3.1.5: a reply line has at most 512 octets with its code and CRLF.
inline constexpr size_t kSmtpReplyTextMax = 480;

struct SmtpReply {
  uint16_t code = 0;        // 4xx or 5xx
  std::string_view status;  // "4.7.1": of the class of the code (RFC 3463 section 2)
  std::string_view text;    // may come from outside; see append_printable
};

// Cut to kSmtpReplyTextMax; what is no printable US-ASCII becomes '?': no text ends a line or an attribute early.
inline void append_printable(std::string& out, std::string_view text) {
  for (const char c : text.substr(0, kSmtpReplyTextMax)) out += c >= ' ' && c <= '~' ? c : '?';
}

// "450 4.7.1 text", without a line end.
inline void append_smtp_reply(std::string& out, const SmtpReply& reply) {
  PN_CHECK(reply.code >= 400 && reply.code <= 599);
  PN_CHECK(reply.status.size() >= 5 && reply.status[0] - '0' == reply.code / 100);
  out += std::to_string(reply.code);
  out += ' ';
  out += reply.status;
  out += ' ';
  append_printable(out, reply.text);
}

}  // namespace postern::wire
