// SPDX-License-Identifier: Apache-2.0
#include "tell/letter/advice.h"

#include "tell/letter/paragraphs.h"
#include "words/words.h"

namespace postern::tell::letter {
namespace {

struct Said {
  std::string_view subject;
  std::string_view seen;
  std::string_view what_to_do;
};

Said said(model::AdviceText text) {
  switch (text) {
    case model::AdviceText::permit:
      return {
          marked("Your mail server and port 25"),
          marked("It looks as if a mail server of your own sends from your connection. We are going to close outgoing "
                 "port 25 for connections that have not asked for it, because most spam leaves networks that way."),
          marked("If the server is yours and you want to keep it, ask us for an exception before that: {page}. If you "
                 "know of no mail server, please tell us: then somebody else uses your connection.")};
    case model::AdviceText::relay:
      return {
          marked("A device of yours sends mail directly"),
          marked("A program or device on your connection hands its mail directly to mail servers of others, over port "
                 "25. We are going to close that port for most connections, because most spam leaves networks that "
                 "way. What is sent so will then not arrive."),
          marked("Please set it up to send through {relay} with your name and password, on port 587 or 465. How to do "
                 "that is here: {page}.")};
    case model::AdviceText::check:
      break;
  }
  return {
      marked("Please look at the devices on your connection"),
      marked("Something on your connection sends mail in a way that people do not: to many mail servers that it never "
             "talked to before, of which many did not answer. A computer, telephone or camera may be infected."),
      marked(
          "Please look whether you know of a reason. Bring every device up to date, change the passwords of your mail "
          "accounts, and have a virus scanner look at your computers. More is here: {page}.")};
}

}  // namespace

Text compose(const AdviceFacts& f) {
  const words::Words w(f.language);
  const Said s = said(f.text);
  Text out;
  out.language = w.language();
  out.subject = w.text(s.subject);
  greet(out, w, f.customer);
  add(out, w.text(s.seen));
  add(out, w.text(s.what_to_do, {{"page", f.page}, {"relay", f.provider.relay_host}}));
  add(out, w.text(marked(
               "Nothing is closed for you by this letter, and you need not answer. If you are in doubt, talk to us.")));
  sign(out, w, f.provider, f.line_key);
  out.short_ = out.subject;
  return out;
}

}  // namespace postern::tell::letter
