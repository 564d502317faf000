// SPDX-License-Identifier: Apache-2.0
// How a letter begins: its subject, and what it is about. Each notice has its own; those that name what was done have
// one for each trouble.
#include <array>

#include "tell/letter/limit.h"
#include "tell/letter/paragraphs.h"

namespace postern::tell::letter {
namespace {

using model::Notice;
using OfTrouble = std::array<std::string_view, 3>;  // by Trouble

constexpr OfTrouble kFirstSubject{
    marked("A device on your connection sends mail by itself (case {number})"),
    marked("Somebody seems to send mail through accounts from your connection (case {number})"),
    marked("A device on your connection tries to break into others (case {number})")};
constexpr OfTrouble kQuestionSubject{
    marked("Do you run a mail server? A question from {provider} (case {number})"),
    marked("Do you send mail through many accounts? A question from {provider} (case {number})"),
    marked("What does a device of yours look for? A question from {provider} (case {number})")};
constexpr OfTrouble kPersistsSubject{
    marked("The mail attempts from your connection go on (case {number})"),
    marked("Mail still goes out through accounts from your connection (case {number})"),
    marked("The attempts to break into others go on from your connection (case {number})")};
constexpr OfTrouble kRestrictedSubject{
    marked("Direct mail is now restricted on your connection (case {number})"),
    marked("Sending through other mail servers is now restricted on your connection (case {number})"),
    marked("Some services are now closed on your connection (case {number})")};

constexpr OfTrouble kFirst{
    marked("a device on your connection tries to hand mail directly to strangers' mail servers. Computers, cameras or "
           "routers do that when somebody else has got control of them, mostly to send spam. It happens to careful "
           "people too, and it can be mended."),
    marked("from your connection, mail servers are signed in to one after the other. Infected devices do that with "
           "passwords that were stolen, yours perhaps among them, mostly to send spam. It happens to careful people "
           "too, and it can be mended."),
    marked("a device on your connection tries one stranger's device after the other, looking for a way in. Computers, "
           "cameras, recorders or routers do that when they are infected themselves: that is how a worm spreads. It "
           "happens to careful people too, and it can be mended.")};
constexpr OfTrouble kNotAffected{
    marked("Nothing you do by yourself is affected: your mail program, the web and everything else work as before. "
           "This is only about mail that is sent directly on port 25, which ordinary devices do not need."),
    marked("Nothing you do by yourself is affected: your mail program, the web and everything else work as before."),
    marked("Nothing you do by yourself is affected: mail, the web and everything else work as before.")};
constexpr OfTrouble kQuestion{
    marked("a device on your connection has contacted mail servers that it never contacted before. That may be quite "
           "all right: somebody who sets up a mail server does the same. It may also be an infected device. We ask "
           "before we think the worse."),
    marked("a device on your connection has signed in to mail servers that it never contacted before. That may be "
           "quite all right: somebody who tries out mail accounts does the same. It may also be an infected device. "
           "We ask before we think the worse."),
    marked("a device on your connection has asked for services of strangers' devices that it never contacted before. "
           "That may be quite all right: somebody who looks after devices elsewhere does the same. It may also be an "
           "infected device. We ask before we think the worse.")};
constexpr OfTrouble kPersists{
    marked("we asked you about new mail servers that your connection contacted. The attempts have gone on since, so we "
           "no longer take them for a mail server being set up: a device is probably infected."),
    marked("we asked you about mail servers that your connection signed in to. It has gone on since, so we no longer "
           "take it for somebody trying out accounts: a device is probably infected."),
    marked("we asked you about strangers' devices that your connection contacted. It has gone on since, so we no "
           "longer take it for work: a device is probably infected.")};
constexpr OfTrouble kRestricted{
    marked("the mail attempts from your connection have gone on after our notice. Since {since} direct mail from your "
           "connection is restricted."),
    marked("mail has gone out through accounts after our notice. Since {since} only our own mail server can be "
           "reached for sending from your connection."),
    marked("the attempts to break into others have gone on after our notice. Since {since} the services they use are "
           "closed on your connection: {services}.")};

constexpr OfTrouble of_all(std::string_view english) { return {english, english, english}; }

constexpr OfTrouble subjects(Notice notice) {
  switch (notice) {
    case Notice::first:
      return kFirstSubject;
    case Notice::question:
      return kQuestionSubject;
    case Notice::reminder:
      return of_all(marked("A reminder about your connection (case {number})"));
    case Notice::persists:
      return kPersistsSubject;
    case Notice::restricted:
      return kRestrictedSubject;
    case Notice::released:
      return of_all(marked("The restriction on your connection is lifted (case {number})"));
    case Notice::relapse:
      return of_all(marked("It has begun again on your connection (case {number})"));
    case Notice::clean:
      return of_all(marked("Your connection is clean again (case {number})"));
    case Notice::disconnecting:
      return of_all(marked("Your Internet access will be paused (case {number})"));
    case Notice::disconnected:
      return of_all(marked("Your Internet access is paused (case {number})"));
    case Notice::widened:
      return of_all(marked("More services are now closed on your connection (case {number})"));
    case Notice::relay_limit:
      return of_all(marked("A limit of your outgoing mail is reached (case {number})"));
  }
  return {};
}

constexpr OfTrouble openings(Notice notice) {
  switch (notice) {
    case Notice::first:
      return kFirst;
    case Notice::question:
      return kQuestion;
    case Notice::reminder:
      return of_all(
          marked("we wrote to you about a device on your connection and have not heard from you. This is only "
                 "a reminder; nothing has changed."));
    case Notice::persists:
      return kPersists;
    case Notice::restricted:
      return kRestricted;
    case Notice::released:
      return of_all(
          marked("the restriction on your connection is lifted. Thank you for taking care of it. We keep "
                 "looking for a while; if it begins again, we tell you at once."));
    case Notice::relapse:
      return of_all(
          marked("some time ago we told you about a device on your connection. What it did had stopped, and "
                 "now it has begun again. Often one device was overlooked, or was infected a second time."));
    case Notice::clean:
      return of_all(
          marked("we have seen nothing more of it from your connection for a good while, and close the case. "
                 "Thank you."));
    case Notice::disconnecting:
      return of_all(
          marked("your connection is restricted, and a device on it still goes on. If that does not stop, we "
                 "will pause your Internet access from {at} on, to protect others. Telephone and emergency "
                 "calls are not touched."));
    case Notice::disconnected:
      return of_all(
          marked("since {since} your Internet access is paused, because a device on your connection went on after our "
                 "notices. Telephone and emergency calls work as always, and so do our "
                 "pages, our mail relay and the updates of common systems."));
    case Notice::widened:
      return of_all(
          marked("a device on your connection has gone on with further services, and we had to close these too. Closed "
                 "on your connection are now: {services}. All else works as before."));
    case Notice::relay_limit:
      return of_all(
          marked("our mail server takes at most {within} from you, and that is used up. Further mail is put off "
                 "for now and nothing is lost: your mail program or server tries again later."));
  }
  return {};
}

}  // namespace

// A restriction to the garden is what a disconnection is to the customer.
Notice Paragraphs::felt(Notice notice) const {
  return notice == Notice::restricted && f_.garden ? Notice::disconnected : notice;
}

std::string Paragraphs::subject(Notice notice) const {
  return w_.text(subjects(felt(notice))[static_cast<size_t>(trouble_)],
                 {{"provider", f_.provider.name}, {"number", std::to_string(f_.case_.id.value)}});
}

void Paragraphs::what(Notice notice) {
  const Time since = notice == Notice::disconnected ? f_.case_.disconnected_at : f_.case_.restricted_at;
  put(openings(felt(notice))[static_cast<size_t>(trouble_)], {{"since", moment(since)},
                                                              {"at", moment(f_.plug_at)},
                                                              {"services", services_of(f_)},
                                                              {"within", limit_words(w_, f_.case_.limit)}});
  if (notice == Notice::first) put(kNotAffected[static_cast<size_t>(trouble_)]);
}

}  // namespace postern::tell::letter
