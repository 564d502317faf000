// SPDX-License-Identifier: Apache-2.0
// Who signed in at a mail server of others without encryption is told by mail, once in mail.sign_in_days; the edge says
// it of a line once a day. No contact of a case, and nothing is journaled: nothing waits for what becomes of it.
#include <algorithm>
#include <fmt/format.h>

#include "daemon/brain/brain.h"
#include "sys/log.h"
#include "tell/letter/sign_in.h"

namespace postern::daemon {

void Brain::tell_of_sign_in(const model::ClearSignIn& seen, Time at) {
  const auto& probes = engine_.policy().probes;
  if (std::ranges::find(probes, seen.source) != probes.end()) return;
  const decide::who::Answer who = engine_.who_surely(seen.source, at);
  if (who.kind != decide::who::Attribution::found) return;
  const model::Subscriber* s = engine_.subscriber(who.sessions[0].subscriber);
  if (s == nullptr) return;
  sys::log(sys::Level::info, "mirror", "CLEAR_SIGN_IN", "a line signs in at a mail server without encryption",
           {{"line", std::to_string(s->id.value)},
            {"at", seen.decoy ? "a decoy" : "a server of others"},
            {"port", std::to_string(seen.port)},
            {"gave", std::string(to_string(seen.gave))}});
  if (s->contact->mail.empty() || settings_.mail.relay.empty() || settings_.mail.sign_in_days == 0) return;
  const fold::News news = told_of_sign_ins_.see(s->id.value, at);
  if (news == fold::News::full)
    sys::log(sys::Level::warning, "brain", "SIGN_IN_LETTERS_FULL",
             "more lines sign in without encryption than get a letter within mail.sign_in_days");
  if (news != fold::News::fresh) return;
  const auto& p = settings_.provider;
  const tell::letter::Text text =
      tell::letter::compose(tell::letter::SignInFacts{.provider = {p.name, p.contact, p.phone, p.relay_host},
                                                      .customer = s->contact->name,
                                                      .language = s->language,
                                                      .line_key = s->key,
                                                      .seen = seen,
                                                      .at = at});
  // A number far from those of contacts, the same for the same line and day.
  const std::string mark = fmt::format("{} clear sign-in {}", s->id.value, at.unix_day());
  const model::ContactId id{model::account_id(mark).value | uint64_t{3} << 62};
  link_.send(Role::act, SendMail{{id, s->contact->mail, s->contact->name, text.language, text.subject, text.body,
                                  p.contact, at, contact_tags_.make(id)}});
}

}  // namespace postern::daemon
