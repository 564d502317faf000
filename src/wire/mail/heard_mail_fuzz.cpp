// SPDX-License-Identifier: Apache-2.0
// Whatever comes in: bounded; only a bounce has a status; without a sender nothing is a reply.
#include <cstdint>

#include "base/check.h"
#include "wire/mail/heard_mail.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using postern::wire::MailKind;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const char* sender : {"", "ann@home.example"}) {
    const auto heard = postern::wire::read_mail(bytes, sender);
    PN_CHECK(heard.named.size() <= postern::wire::HeardMail::kNamedMax);
    PN_CHECK((heard.kind == MailKind::bounce) == !heard.status.empty() || heard.kind == MailKind::bounce);
    PN_CHECK(heard.report.size() <= postern::wire::HeardMail::kReportOctetsMax);
    PN_CHECK(heard.copied.size() <= postern::wire::HeardMail::kReportOctetsMax);
    PN_CHECK(*sender != '\0' || heard.kind != MailKind::reply);
  }
  return 0;
}
