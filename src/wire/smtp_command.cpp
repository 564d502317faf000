// SPDX-License-Identifier: Apache-2.0
#include "wire/smtp_command.h"

#include <algorithm>

namespace postern::wire {

std::optional<SmtpVerb> SmtpCommandReader::take(std::string_view& bytes) {
  while (!bytes.empty()) {
    const char c = bytes.front();
    bytes.remove_prefix(1);
    if (octets_ <= kSmtpLineMax) ++octets_;
    if (c == '\n') {
      const SmtpVerb found = octets_ > kSmtpLineMax ? SmtpVerb::too_long : verb();
      *this = {};
      return found;
    }
    if (c == ' ' || c == '\t' || c == '\r') {
      in_verb_ = false;
    } else if (in_verb_ && verb_octets_ <= kVerbMax) {
      if (verb_octets_ < kVerbMax) verb_[verb_octets_] = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      ++verb_octets_;
    }
  }
  return std::nullopt;
}

SmtpVerb SmtpCommandReader::verb() const {
  if (verb_octets_ > kVerbMax) return SmtpVerb::other;
  const SmtpVerb v = SmtpVerb_from({verb_.data(), verb_octets_}).value_or(SmtpVerb::other);
  return v == SmtpVerb::too_long ? SmtpVerb::other : v;
}

}  // namespace postern::wire
