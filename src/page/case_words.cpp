// SPDX-License-Identifier: Apache-2.0
#include "page/case_words.h"

namespace postern::page {
namespace {

CaseWords in(const words::Words& w) {
  return {
      .calendar = &calendar_of(w.language()),
      .seen_heading = w.phrase("What we saw"),
      .seen_case = w.phrase("Case {number}, opened on {day}."),
      .seen_services = w.phrase("It is about {services}."),
      .seen_last = w.phrase("Last seen: {moment}."),
      .seen_count = w.counted("{count} attempt was stopped today.", "{count} attempts were stopped today."),
      .seen_none = w.phrase("Nothing more was seen lately."),
      .deadline = w.phrase("Please put it right by {moment}."),
      .attempts = {.caption = w.phrase("The latest attempts"),
                   .when = w.phrase("When (UTC)"),
                   .where = w.phrase("Where to")},
      .mail_service = w.phrase("mail sent straight to other mail servers (port 25)"),
      .tcp = w.phrase("TCP port {port}"),
      .udp = w.phrase("UDP port {port}"),
      .steps_heading = w.phrase("What to do, step by step"),
      .steps =
          {
              w.phrase("List what is connected: computers first, then cameras, recorders, TV boxes, printers and the "
                       "router."),
              w.phrase(
                  "Disconnect what you do not need or do not know. If the attempts stop, you have found the device."),
              w.phrase("Run a full virus scan on every computer, with a scanner that is up to date."),
              w.phrase("Install all updates, on the router too. Set a new router password and turn remote "
                       "administration off."),
              w.phrase("Then change your mail passwords, from a device you trust."),
              w.phrase("Devices that get no updates any more should stay disconnected."),
          },
      .steps_after = w.phrase("When the attempts stop, we see it by ourselves. You do not have to prove anything."),
      .tell_heading = w.phrase("Tell us"),
      .tell_why = w.phrase("What you press is written down for our staff. It is not an admission."),
      .said = {"", w.phrase("You told us that you have read this."), w.phrase("You told us that it is fixed."),
               w.phrase("You told us that this is wrong. A person will look at it."),
               w.phrase("You told us that you need help. A person will get in touch.")},
      .fixed_left =
          w.counted("You can open the connection yourself once more. We then look: if nothing more is seen, it opens "
                    "by itself.",
                    "You can open the connection yourself {count} more times. We then look: if nothing more is seen, "
                    "it opens by itself."),
      .fixed_none =
          w.phrase("The connection was opened by button before and the trouble came back. This time a person opens it; "
                   "please get in touch."),
      .fixed_open = w.phrase("We then look whether it has really stopped."),
      .fixed_pending = w.phrase("If nothing more is seen, the connection opens by itself on {moment}."),
      .still_seen = w.phrase("Last seen: {moment}. While it goes on, the connection stays as it is."),
      .read_button = w.phrase("I have read this"),
      .fixed_button = w.phrase("It is fixed"),
      .help_button = w.phrase("I need help"),
      .dispute_button = w.phrase("This is wrong"),
      .help_text = w.phrase("A person calls or writes to you."),
      .dispute_text = w.phrase("Nothing on the connection can have done this: a person looks at the evidence again."),
      .person_heading = w.phrase("Talk to a person"),
      .person_intro = w.phrase("Tell us {reference}. With it we see what happened, and you need not explain it."),
      .person = {.mail = w.phrase("Mail"), .phone = w.phrase("Phone"), .subject = w.phrase("{reference}")},
  };
}

}  // namespace

const CaseWords& case_words(std::string_view accept_language) {
  static const InEveryLanguage<CaseWords> kAll(&in);
  return kAll.best(accept_language);
}

}  // namespace postern::page
