// SPDX-License-Identifier: Apache-2.0
// What kind of sender a subject looks like, by rules of thumb on its sums: words for a person who decides, never an
// input of a decision.
//   zombie              a case, and half of its connections or more were not answered and it receives no
//                       mail, or it reached block
//   mail_server         port 25 to three networks or more, most answered; or it answers on its own port 25
//   third_party_server  port 25 to one or two networks
//   mailing_device      the same, on a line that otherwise never mails and seldom connects
//   submission_client   465, 587 and 2525 only
//   name_asker          mail names asked for, no connection seen
#pragma once

#include <string_view>

#include "base/fields.h"
#include "model/finding.h"
#include "rehearse/subjects.h"

namespace postern::rehearse {

PN_ENUM(Kind, zombie, mail_server, third_party_server, mailing_device, submission_client, name_asker)

[[nodiscard]] Kind kind_of(const Sums& sums, model::Stage stage);
// "mail server", for people.
[[nodiscard]] std::string_view words_of(Kind kind);
// What to do about it before port 25 closes.
[[nodiscard]] std::string_view advice_on(Kind kind);

}  // namespace postern::rehearse
