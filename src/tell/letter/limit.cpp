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

}  // namespace

std::string limit_words(const words::Words& w, const model::LimitReached& limit) {
  const std::string what = w.text(what_of(limit), {{"most", std::to_string(limit.most)}});
  return w.text(limit.window == "day" ? marked("{what} within one day") : marked("{what} within one hour"),
                {{"what", what}});
}

Text compose(const LimitFacts& f) {
  const words::Words w(f.language);
  const bool reached = f.limit.percent >= 100;
  const std::string percent = std::to_string(f.limit.percent);
  const std::string within = limit_words(w, {f.limit.what, f.limit.window, f.limit.most});
  Text out;
  out.language = w.language();
  out.subject = reached ? w.text(marked("A limit of your outgoing mail is reached"))
                        : w.text(marked("A limit of your outgoing mail is near"));
  const auto add = [&](const std::string& paragraph) { out.body += wrapped(paragraph, "") + "\n\n"; };
  add(f.customer.empty() ? w.text(marked("Dear customer,")) : w.text(marked("Dear {name},"), {{"name", f.customer}}));
  add(w.text(marked("Our mail server takes at most {within} from you."), {{"within", within}}));
  if (reached) {
    add(w.text(
        marked("That is used up. Further mail is put off for now and nothing is lost: your mail program or server "
               "tries again later.")));
  } else {
    add(w.text(marked("Of that {percent} % are used. Beyond it further mail is put off for a while; nothing is lost."),
               {{"percent", percent}}));
  }
  if (!f.limit.account.empty())
    add(w.text(marked("It was sent with the mail account {account}."), {{"account", f.limit.account}}));
  add(
      w.text(marked("If it was not you who sent so much, a device of yours may be infected, or somebody knows your "
                    "password: choose a new one and talk to us. If you need more, talk to us too.")));
  if (!f.page.empty()) {
    add(w.text(marked("Opened from your connection, this page shows how much of your limits is used:")));
    out.body.insert(out.body.size() - 1, "  " + f.page + "\n");
  }
  out.body += w.text(marked("{provider}, {contact}, {phone}"),
                     {{"provider", f.provider.name}, {"contact", f.provider.contact}, {"phone", f.provider.phone}});
  out.body += '\n' + w.text(marked("Connection {key}"), {{"key", f.line_key}}) + '\n';
  return out;
}

}  // namespace postern::tell::letter
