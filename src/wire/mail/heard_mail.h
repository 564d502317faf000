// SPDX-License-Identifier: Apache-2.0
// A mail that came back to us: what kind it is, and which of our messages it speaks of. Takes foreign bytes; of the
// content nothing is kept but a bounce's status, and of a feedback report what it says to machines and the header of
// the mail it is about. MIME is read by gmime, in this room's heard_mail.cpp alone; a message may be cut at its end
// (the parts that say something come first).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"

namespace postern::wire {

//   bounce      a recipient was given up: a delivery status notification (RFC 3464) with a failure, or Exim's form
//   no_bounce   such a notification without a failure: delayed, delivered, relayed
//   automatic   a machine answered (RFC 3834), a read receipt (RFC 8098), or something with no sender
//   report      a feedback report (RFC 5965)
//   reply       a person answered one of somebody's messages
//   other       none of these
PN_ENUM(MailKind, other, bounce, no_bounce, automatic, report, reply)

struct HeardMail {
  static constexpr size_t kNamedMax = 32;
  MailKind kind = MailKind::other;
  std::string status;              // of a bounce: "5.1.1"
  std::string envelope_id;         // RFC 3461 ENVID of what bounced
  std::vector<std::string> named;  // Message-IDs without their <>: of what came back, or was answered
  // Of a report, each at most kReportOctetsMax; for wire/mail/feedback.
  static constexpr size_t kReportOctetsMax = size_t{32} * 1024;
  std::string report;  // its message/feedback-report part
  std::string copied;  // the header of the mail it is about
};

inline constexpr size_t kHeardMailMax = size_t{128} * 1024;  // longer ones are read up to there

// `sender`: the reverse path, empty = none (RFC 5321 section 4.5.5).
[[nodiscard]] HeardMail read_mail(std::string_view message, std::string_view sender);

}  // namespace postern::wire
