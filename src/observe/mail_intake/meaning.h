// SPDX-License-Identifier: Apache-2.0
// What a mail that came back means for casework: a bounce is a notice that reached nobody, a person's reply is a notice
// that was read; all else is counted and means nothing. Pure. Which notice: by the tag in the bounce address it came
// to, else by the Message-ID it speaks of; without a right tag it is nobody's (tables/contact_tag.h). Of a reply only
// the fact is kept, never a word of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/observation.h"
#include "tables/contact_tag.h"
#include "wire/mail/heard_mail.h"

namespace postern::observe::mail_intake {

// "bounces@isp.example", and with "+cTAG" before the @.
class Address {
 public:
  explicit Address(std::string_view address);
  [[nodiscard]] bool is(std::string_view recipient) const;
  // Empty = it has none.
  [[nodiscard]] std::string_view tag_of(std::string_view recipient) const;

 private:
  std::string local_;   // lower case, as all here
  std::string domain_;  // with its @
};

struct Meaning {
  wire::MailKind kind = wire::MailKind::other;
  model::ContactId contact;     // 0 = none of ours
  model::ObservationBody body;  // ContactSettled or NoticeAnswered, or nothing
};

[[nodiscard]] Meaning meaning_of(const wire::HeardMail& mail, const std::vector<std::string>& recipients,
                                 const Address& address, const tables::ContactTags& tags);

}  // namespace postern::observe::mail_intake
