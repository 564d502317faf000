// SPDX-License-Identifier: Apache-2.0
#include "tell/letter/sign_in.h"

#include "base/endpoint.h"
#include "tell/letter/paragraphs.h"

namespace postern::tell::letter {
namespace {

// Nobody's mail program is set up for a decoy by its owner.
void of_decoy(Text& text, const words::Words& w, const SignInFacts& f) {
  add(text, w.text(marked("A program or device on your connection tried to sign in to mail on {date}, without "
                          "encryption, at an address where no mail server is for anybody."),
                   {{"date", moment(f.at)}}));
  add(text, w.text(marked("A mail program does that when an address was mistyped. More often a device is infected and "
                          "tries passwords: bring every device up to date, and have a virus scanner look at them.")));
  add(text,
      w.text(marked("The name and the password were forgotten at once. If they may be yours, choose a new password.")));
}

void of_server(Text& text, const words::Words& w, const SignInFacts& f) {
  const std::string server = to_string(Endpoint{f.seen.destination, f.seen.port});
  if (f.seen.gave == model::SignIn::token) {
    add(text, w.text(marked("On {date} a mail program or device on your connection signed in at the mail server "
                            "{server}, which is not ours, without encryption. Whoever is on the way to it can read the "
                            "access token, which is as good as a password."),
                     {{"date", moment(f.at)}, {"server", server}}));
  } else {
    add(text, w.text(marked("On {date} a mail program or device on your connection signed in at the mail server "
                            "{server}, which is not ours, without encryption. Whoever is on the way to it can read the "
                            "name and the password."),
                     {{"date", moment(f.at)}, {"server", server}}));
  }
  add(text, w.text(marked("We noticed only that it happened. Name and password were not read and not kept.")));
  add(text,
      w.text(marked("Set the program to encryption: port 465 with SSL/TLS, or port 587 with STARTTLS. Then choose "
                    "a new password at that server. If it offers no encryption, ask those who run it.")));
}

}  // namespace

Text compose(const SignInFacts& f) {
  const words::Words w(f.language);
  Text out;
  out.language = w.language();
  out.subject = w.text(marked("A mail password was sent without encryption"));
  greet(out, w, f.customer);
  if (f.seen.decoy) {
    of_decoy(out, w, f);
  } else {
    of_server(out, w, f);
  }
  add(out, w.text(marked("If you know of no program or device that does this, somebody else may be using your "
                         "connection or a device of yours.")));
  add(out, w.text(marked(
               "Nothing is closed for you by this letter, and you need not answer. If you are in doubt, talk to us.")));
  sign(out, w, f.provider, f.line_key);
  return out;
}

}  // namespace postern::tell::letter
