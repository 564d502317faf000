// SPDX-License-Identifier: Apache-2.0
#include "page/case_words.h"

namespace postern::page {

const CaseWords& case_words_en() {
  static const CaseWords kWords{
      .calendar = &calendar_en(),
      .seen_heading = "What we saw",
      .seen_case = "Case {number}, opened on {day}.",
      .seen_services = "It is about {services}.",
      .seen_last = "Last seen: {moment}.",
      .seen_count = "{count} attempts were stopped today.",
      .seen_none = "Nothing more was seen lately.",
      .deadline = "Please put it right by {moment}.",
      .attempts = {.caption = "The latest attempts", .when = "When (UTC)", .where = "Where to"},
      .mail_service = "mail sent straight to other mail servers (port 25)",
      .tcp = "TCP port {port}",
      .udp = "UDP port {port}",
      .steps_heading = "What to do, step by step",
      .steps =
          {
              "List what is connected: computers first, then cameras, recorders, TV boxes, printers and the router.",
              "Disconnect what you do not need or do not know. If the attempts stop, you have found the device.",
              "Run a full virus scan on every computer, with a scanner that is up to date.",
              "Install all updates, on the router too. Set a new router password and turn remote administration off.",
              "Then change your mail passwords, from a device you trust.",
              "Devices that get no updates any more should stay disconnected.",
          },
      .steps_after = "When the attempts stop, we see it by ourselves. You do not have to prove anything.",
      .tell_heading = "Tell us",
      .tell_why = "What you press is written down for our staff. It is not an admission.",
      .said = {"", "You told us that you have read this.", "You told us that it is fixed.",
               "You told us that this is wrong. A person will look at it.",
               "You told us that you need help. A person will get in touch."},
      .fixed_many =
          "You can open the connection yourself {count} more times. We then look: if nothing more is seen, it "
          "opens by itself.",
      .fixed_once =
          "You can open the connection yourself once more. We then look: if nothing more is seen, it opens by "
          "itself.",
      .fixed_none =
          "The connection was opened by button before and the trouble came back. This time a person opens it; "
          "please get in touch.",
      .fixed_open = "We then look whether it has really stopped.",
      .fixed_pending = "If nothing more is seen, the connection opens by itself on {moment}.",
      .still_seen = "Last seen: {moment}. While it goes on, the connection stays as it is.",
      .read_button = "I have read this",
      .fixed_button = "It is fixed",
      .help_button = "I need help",
      .dispute_button = "This is wrong",
      .help_text = "A person calls or writes to you.",
      .dispute_text = "Nothing on the connection can have done this: a person looks at the evidence again.",
      .person_heading = "Talk to a person",
      .person_intro = "Tell us {reference}. With it we see what happened, and you need not explain it.",
      .person = {.mail = "Mail", .phone = "Phone", .subject = "{reference}"},
  };
  return kWords;
}

const CaseWords& case_words(std::string_view accept_language) {
  return best_language(accept_language, kLanguages) == 1 ? case_words_de() : case_words_en();
}

}  // namespace postern::page
