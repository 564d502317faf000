// SPDX-License-Identifier: Apache-2.0
// The message/feedback-report part of a feedback report (RFC 5965; the types of RFC 6591 and RFC 6430; Source-Port of
// RFC 6692). Takes foreign bytes: bounded; nothing where it is not well formed or a field that may be there once is
// there twice. Whom the mail was for is not looked at.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/fields.h"
#include "base/ip.h"
#include "base/time.h"

namespace postern::wire {

//   other        that word, or a type that came after this was written
//   not_spam     a person took a mark back
//   opt_out      somebody wants no more of a list's mail (RFC 6430)
PN_ENUM(FeedbackType, other, abuse, fraud, virus, not_spam, auth_failure, opt_out)

struct FeedbackReport {
  FeedbackType type = FeedbackType::other;
  IpAddress source;   // Source-IP; none = not said
  uint16_t port = 0;  // Source-Port; 0 = not said
  Time arrived;       // Arrival-Date or Received-Date; 0 = not said
};

[[nodiscard]] std::optional<FeedbackReport> read_feedback_report(std::string_view text);

}  // namespace postern::wire
