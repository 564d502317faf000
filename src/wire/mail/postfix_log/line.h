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

PN_ENUM(PostfixLogKind, other, submitted, final_word, removed, login_failed)

struct PostfixLogLine {
  PostfixLogKind kind = PostfixLogKind::other;
  std::string_view queue_id;
  std::string_view account;    // submitted, login_failed
  IpAddress client;            // login_failed
  std::string_view recipient;  // final_word
  bool delivered = false;      // final_word: taken by the recipient's server; else it does not exist, or policy says no
  uint32_t attempts = 0;       // login_failed
};

[[nodiscard]] PostfixLogLine read_postfix_log(std::string_view line);

}  // namespace postern::wire
