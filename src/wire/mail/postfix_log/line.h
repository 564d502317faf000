// SPDX-License-Identifier: Apache-2.0
// One line of Postfix's log, as far as it says whose message it is and what became of a recipient; with or without a
// syslog header (RFC 3164, RFC 5424, maillog_file). Everything else is `other`. Views into the line; no allocation.
//
//   postfix/smtpd[1]: 4Sf1: client=host[192.0.2.1], sasl_method=PLAIN, sasl_username=erika@isp.example
//   postfix/smtp[2]: 4Sf1: to=<a@b.example>, ..., dsn=5.1.1, status=bounced (host ... said: 550 ...)
//   postfix/qmgr[3]: 4Sf1: removed
//   dovecot: submission-login: Disconnected: ... (auth failed, 3 attempts in 6 secs): user=<erika>, ..., rip=192.0.2.9,
//   ...
// The account of the first is trusted as much as the log is: text that peers choose comes after it, never before.
#pragma once

#include <string_view>

#include "base/fields.h"
#include "base/ip.h"

namespace postern::wire {

inline constexpr size_t kLogLineMax = 8'192;

//   word   what became of one try to deliver to a recipient, where it is not the final word
PN_ENUM(PostfixLogKind, other, submitted, final_word, removed, login_failed, word)

// What the recipient's server answered (final_word and word), by the enhanced status (RFC 3463):
//   none         it is not that of another network: not from smtp, or no server was asked
//   put_off      4.x.x: later. Grey-listing, a full box, a reputation
//   refused      5.7.x: policy
//   unknown      5.1.x: no such user or domain
//   unreachable  nobody answered, or not in time (4.4.x, relay=none)
//   not_taken    5.x.x of another kind
PN_ENUM(PostfixAnswer, none, delivered, put_off, refused, unknown, unreachable, not_taken)

struct PostfixLogLine {
  PostfixLogKind kind = PostfixLogKind::other;
  std::string_view queue_id;
  std::string_view account;    // submitted, login_failed
  IpAddress client;            // login_failed
  std::string_view recipient;  // final_word, word
  bool delivered = false;      // final_word: taken by the recipient's server; else it does not exist, or policy says no
  uint32_t attempts = 0;       // login_failed
  PostfixAnswer answer = PostfixAnswer::none;
  bool deferred = false;  // it stays in the queue for this recipient
  uint32_t delay_s = 0;   // final_word, word: since the message came in
};

[[nodiscard]] PostfixLogLine read_postfix_log(std::string_view line);

}  // namespace postern::wire
