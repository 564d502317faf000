// SPDX-License-Identifier: Apache-2.0
// Replies and messages do not depend on how the bytes are cut; nothing kept is longer than its limit.
#include <cstdint>
#include <string>

#include "base/check.h"
#include "wire/mail/lmtp.h"

namespace {

constexpr postern::wire::LmtpLimits kLimits{
    .recipients_max = 3, .kept_max = 40, .octets_max = 200, .errors_max = 4, .messages_max = 3};

std::string heard_of(std::string_view bytes, size_t chunk) {
  postern::wire::LmtpSession session("isp.example", kLimits, [](std::string_view to) { return to.starts_with('b'); });
  std::string out;
  session.greet(out);
  while (!bytes.empty()) {
    std::string_view part = bytes.substr(0, chunk);
    bytes.remove_prefix(part.size());
    while (!part.empty()) {
      const auto step = session.take(part, out);
      if (step == postern::wire::LmtpSession::Step::over) return out + "(over)";
      if (step != postern::wire::LmtpSession::Step::message) continue;
      const auto& m = session.message();
      PN_CHECK(m.kept.size() <= kLimits.kept_max && m.octets <= kLimits.octets_max);
      PN_CHECK(!m.recipients.empty() && m.recipients.size() <= kLimits.recipients_max);
      out += "(" + m.sender + ">" + m.recipients.back() + ":" + m.kept + ")";
      session.answer("250 2.0.0 taken", out);
    }
  }
  return out;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string whole = heard_of(bytes, size);
  PN_CHECK(whole == heard_of(bytes, 1));
  PN_CHECK(whole == heard_of(bytes, 1 + size / 3));
  return 0;
}
