// SPDX-License-Identifier: Apache-2.0
#include "edge/garden/words.h"

namespace postern::edge::garden {

const Words& words_en() {
  static const Words kWords{
      .about_case = &page::case_words_en(),
      .garden_title = "Your Internet access is paused",
      .garden_lead =
          "A device on your connection does what infected devices do. To protect you and others, {provider} "
          "has paused most of the Internet here until that is put right. It happens to careful people too, "
          "and it can be mended.",
      .services_title = "A part of your Internet access is paused",
      .services_lead =
          "A device on your connection does what infected devices do. {provider} has closed what it was "
          "abused for, until that is put right. All else works as before.",
      .case_title = "A device on your connection probably needs cleaning",
      .case_lead =
          "We saw traffic that looks like that of an infected device. {provider} has closed nothing so far; "
          "please look at it soon.",
      .none_title = "Nothing is paused on your connection",
      .none_lead = "{provider} has closed nothing on this connection, and nothing needs to be done.",
      .unknown_title = "We do not recognise this connection",
      .unknown_lead =
          "This page is for the customers of {provider}, and shows only what concerns the connection it is "
          "opened from.",
      .open_again_title = "Your connection is open again",
      .open_again_lead =
          "Thank you. {provider} has opened the Internet on this connection again. Please load the page "
          "you wanted once more.",
      .reload = "Load it again",
      .since = "It has been so since {moment}.",
      .works_heading = "What still works",
      .works = {"Sending mail through {relay}, with your mail program and your password.",
                "Looking up names, and getting an address.", "Updates of systems and virus scanners.",
                "Emergency services, and the telephone.", "This page, and all other pages of {provider}."},
      .works_mail_unnamed = "Sending mail through our relay, with your mail program and your password.",
      .stopped_heading = "What does not",
      .stopped = {"All other pages and programs. Secure pages (https) show an error of the browser: nobody reads "
                  "along, the connection is simply refused.",
                  "Mail sent straight to other mail servers."},
      .noted = "Thank you, that is noted.",
      .retry_title = "That did not work just now",
      .retry_text =
          "What you pressed could not be written down at this moment. Please try again in a minute, or talk "
          "to us.",
      .refused_title = "Please press the button on this page",
      .refused_text = "What was sent did not come from this page, so it was not noted. Nothing else happened.",
      .fast_title = "Too many requests",
      .fast_text = "There were many requests from your connection. Please wait a minute and try again.",
      .footer = "This page uses no scripts and no cookies. It can be printed.",
      .redirect_title = "Internet access is paused",
      .redirect_text = "Why, and what to do: {url}",
  };
  return kWords;
}

const Words& words_for(std::string_view accept_language) {
  return page::best_language(accept_language, page::kLanguages) == 1 ? words_de() : words_en();
}

}  // namespace postern::edge::garden
