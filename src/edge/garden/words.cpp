// SPDX-License-Identifier: Apache-2.0
#include "edge/garden/words.h"

namespace postern::edge::garden {
namespace {

Words in(const words::Words& w) {
  return {
      .about_case = &page::case_words(w.language()),
      .garden_title = w.phrase("Your Internet access is paused"),
      .garden_lead =
          w.phrase("A device on your connection does what infected devices do. To protect you and others, {provider} "
                   "has paused most of the Internet here until that is put right. It happens to careful people too, "
                   "and it can be mended."),
      .services_title = w.phrase("A part of your Internet access is paused"),
      .services_lead =
          w.phrase("A device on your connection does what infected devices do. {provider} has closed what it was "
                   "abused for, until that is put right. All else works as before."),
      .case_title = w.phrase("A device on your connection probably needs cleaning"),
      .case_lead =
          w.phrase("We saw traffic that looks like that of an infected device. {provider} has closed nothing so far; "
                   "please look at it soon."),
      .limit_title = w.phrase("A limit of your outgoing mail is reached"),
      .limit_lead = w.phrase(
          "More mail was sent than {provider} takes from you within that time. Nothing is paused: further mail "
          "is put off for a while. Please look whether it was you who sent so much."),
      .none_title = w.phrase("Nothing is paused on your connection"),
      .none_lead = w.phrase("{provider} has closed nothing on this connection, and nothing needs to be done."),
      .unknown_title = w.phrase("We do not recognise this connection"),
      .unknown_lead =
          w.phrase("This page is for the customers of {provider}, and shows only what concerns the connection it is "
                   "opened from."),
      .open_again_title = w.phrase("Your connection is open again"),
      .open_again_lead =
          w.phrase("Thank you. {provider} has opened the Internet on this connection again. Please load the page "
                   "you wanted once more."),
      .reload = w.phrase("Load it again"),
      .since = w.phrase("It has been so since {moment}."),
      .works_heading = w.phrase("What still works"),
      .works = {w.phrase("Sending mail through {relay}, with your mail program and your password."),
                w.phrase("Looking up names, and getting an address."),
                w.phrase("Updates of systems and virus scanners."), w.phrase("Emergency services, and the telephone."),
                w.phrase("This page, and all other pages of {provider}.")},
      .works_mail_unnamed = w.phrase("Sending mail through our relay, with your mail program and your password."),
      .stopped_heading = w.phrase("What does not"),
      .stopped = {w.phrase(
                      "All other pages and programs. Secure pages (https) show an error of the browser: nobody reads "
                      "along, the connection is simply refused."),
                  w.phrase("Mail sent straight to other mail servers.")},
      .noted = w.phrase("Thank you, that is noted."),
      .retry_title = w.phrase("That did not work just now"),
      .retry_text =
          w.phrase("What you pressed could not be written down at this moment. Please try again in a minute, or talk "
                   "to us."),
      .refused_title = w.phrase("Please press the button on this page"),
      .refused_text =
          w.phrase("What was sent did not come from this page, so it was not noted. Nothing else happened."),
      .fast_title = w.phrase("Too many requests"),
      .fast_text = w.phrase("There were many requests from your connection. Please wait a minute and try again."),
      .footer = w.phrase("This page uses no scripts and no cookies. It can be printed."),
      .redirect_title = w.phrase("Internet access is paused"),
      .redirect_text = w.phrase("Why, and what to do: {url}"),
  };
}

}  // namespace

const Words& words_for(std::string_view accept_language) {
  static const page::InEveryLanguage<Words> kAll(&in);
  return kAll.best(accept_language);
}

}  // namespace postern::edge::garden
