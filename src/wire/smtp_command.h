// SPDX-License-Identifier: Apache-2.0
// SMTP commands off the wire: bytes in, verbs out. For servers that only refuse: arguments are never kept. RFC 5321
// section 4.1 (commands), 4.5.3.1.4 (a command line has at most 512 octets with its CRLF).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/fields.h"

namespace postern::wire {

// other = no verb we know, an empty line, or bytes that are no text. too_long = the line broke the limit.
PN_ENUM(SmtpVerb, other, helo, ehlo, mail, rcpt, data, bdat, rset, vrfy, expn, help, noop, quit, starttls, auth,
        too_long)

inline constexpr size_t kSmtpLineMax = 512;

// Twelve bytes of state, however the bytes are cut into reads. The state is the same for any cutting.
class SmtpCommandReader {
 public:
  // Reads up to and with the next line end and takes those bytes off `bytes`. nullopt: all bytes are taken and the line
  // is not at its end. A bare LF ends a line too: nothing here is ever relayed, so there is nothing to smuggle.
  // A line past kSmtpLineMax is swallowed to its end and is one too_long.
  [[nodiscard]] std::optional<SmtpVerb> take(std::string_view& bytes);

 private:
  static constexpr size_t kVerbMax = 8;  // STARTTLS
  [[nodiscard]] SmtpVerb verb() const;

  std::array<char, kVerbMax> verb_{};
  uint16_t octets_ = 0;      // of this line so far; stays at kSmtpLineMax + 1
  uint8_t verb_octets_ = 0;  // kVerbMax + 1: longer than any verb
  bool in_verb_ = true;
};

}  // namespace postern::wire
