// SPDX-License-Identifier: Apache-2.0
#include "tell/letter/limit.h"

#include "tell/letter/paragraphs.h"

namespace postern::tell::letter {
namespace {

std::string_view what_of(const model::LimitReached& l) {
  if (l.what == "messages") return marked("{most} messages");
  if (l.what == "recipients") return marked("{most} recipients");
  if (l.what == "kilobytes") return marked("{most} kB of mail");
  if (l.what == "domains") return marked("recipients in {most} domains");
  return marked("{most} % of recipients that do not exist");
}

Text compose_of_port(const LimitFacts& f) {
  const words::Words w(f.language);
  const std::string& host = f.provider.relay_host;
  Text out;
  out.language = w.language();
  out.subject = w.text(marked("A setting of your mail program has to change"));
  greet(out, w, f.customer);
  if (f.limit.percent >= 100) {
    add(out, w.text(marked("Your mail program signs in at our mail server {host} on port 25. That has ended: what it "
                           "sends that way is refused."),
                    {{"host", host}}));
  } else {
    add(out, w.text(marked("Your mail program signs in at our mail server {host} on port 25. That will end, and it "
                           "will not be able to send that way any more."),
                    {{"host", host}}));
  }
  add(out, w.text(marked("Set its outgoing mail server (SMTP) to {host}, port 465 with SSL/TLS, or port 587 with "
                         "STARTTLS. Name and password stay the same."),
                  {{"host", host}}));
  add(out, w.text(marked("It is about the mail account {account}."), {{"account", f.limit.account}}));
  add(out,
      w.text(marked("If no program or device of yours is set up like that, somebody may know your password: choose "
                    "a new one and talk to us.")));
  sign(out, w, f.provider, f.line_key);
  return out;
}

}  // namespace

std::string limit_words(const words::Words& w, const model::LimitReached& limit) {
  const std::string what = w.text(what_of(limit), {{"most", std::to_string(limit.most)}});
  return w.text(limit.window == "day" ? marked("{what} within one day") : marked("{what} within one hour"),
                {{"what", what}});
}

Text compose(const LimitFacts& f) {
  if (f.limit.what == "auth_on_25") return compose_of_port(f);
  const words::Words w(f.language);
  const bool reached = f.limit.percent >= 100;
  const std::string percent = std::to_string(f.limit.percent);
  const std::string within = limit_words(w, {f.limit.what, f.limit.window, f.limit.most});
  Text out;
  out.language = w.language();
  out.subject = reached ? w.text(marked("A limit of your outgoing mail is reached"))
                        : w.text(marked("A limit of your outgoing mail is near"));
  greet(out, w, f.customer);
  add(out, w.text(marked("Our mail server takes at most {within} from you."), {{"within", within}}));
  if (reached) {
    add(out, w.text(marked(
                 "That is used up. Further mail is put off for now and nothing is lost: your mail program or server "
                 "tries again later.")));
  } else {
    add(out,
        w.text(marked("Of that {percent} % are used. Beyond it further mail is put off for a while; nothing is lost."),
               {{"percent", percent}}));
  }
  if (!f.limit.account.empty())
    add(out, w.text(marked("It was sent with the mail account {account}."), {{"account", f.limit.account}}));
  add(out,
      w.text(marked("If it was not you who sent so much, a device of yours may be infected, or somebody knows your "
                    "password: choose a new one and talk to us. If you need more, talk to us too.")));
  if (!f.page.empty()) {
    add(out, w.text(marked("Opened from your connection, this page shows how much of your limits is used:")));
    out.body.insert(out.body.size() - 1, "  " + f.page + "\n");
  }
  sign(out, w, f.provider, f.line_key);
  return out;
}

}  // namespace postern::tell::letter
