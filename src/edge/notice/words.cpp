// SPDX-License-Identifier: Apache-2.0
#include "edge/notice/words.h"

#include "page/language.h"

namespace postern::edge::notice {

namespace {

void dates_and_reasons(Words& p, const words::Words& w) {
  static_cast<page::Calendar&>(p) = page::calendar_of(w.language());
  p.closed = {.own = w.phrase("Mail sent straight from your connection was refused"),
              .other = w.phrase("Mail sent straight from this connection was refused")};
  p.permit = {.own = w.phrase("Your mail server has reached the limit of its permit"),
              .other = w.phrase("This mail server has reached the limit of its permit")};
  p.unknown_line = {.own = w.phrase("We do not recognise this connection yet"),
                    .other = w.phrase("We do not recognise this connection yet")};
  p.lead = w.phrase(
      "A program tried to hand mail directly to another mail server, on port 25. {provider} refused that at "
      "once. No mail was read, kept or passed on, and everything else works as before.");
  p.lead_permit = w.phrase(
      "{provider} lets this connection send mail directly, within limits or to named servers. One "
      "attempt was outside of that and was turned away.");
  p.why = {
      w.phrase("Port 25 is closed on this connection."),
      w.phrase(
          "Connections of this kind do not need port 25: mail programs and phones send through a mail server, with "
          "a password. Infected devices use port 25 to send spam unnoticed, so {provider} keeps it closed."),
      w.phrase(
          "We could not match the address to a live connection, and keep port 25 closed until we can. This happens "
          "when a modem or router has just started, or when a device uses an address that was not given to it."),
      w.phrase("The permit for sending mail directly has limits, or a list of servers, and this attempt was outside of "
               "it."),
      w.phrase("The permit for sending mail directly from this connection has run out."),
      w.phrase("The permit for sending mail directly from this connection was withdrawn."),
      w.phrase("A member of our staff has closed port 25 on this connection."),
      w.phrase("We have signs that a device on this connection sends mail without its owner knowing. Until that is "
               "solved, port 25 stays closed."),
  };
  p.why_withheld = w.phrase(
      "Port 25 is closed on this connection. The details are shown only when this page is opened from "
      "the connection itself.");
}

void refusal(Words& p, const words::Words& w) {
  p.facts_heading = w.phrase("What happened");
  p.what = w.phrase("Refused");
  p.what_value = w.phrase("Outgoing mail on port 25");
  p.why_label = w.phrase("Why");
  p.class_label = w.phrase("Kind of connection");
  p.day_label = w.phrase("Day of the refusal");
  p.since_label = w.phrase("In force since");
  p.reference_label = w.phrase("Reference");
  p.open_now = w.phrase(
      "Port 25 is open for your connection at the moment. This page is about an earlier refusal; nothing "
      "needs to be done.");
  p.case_heading = w.phrase("A device on your connection probably needs cleaning");
  p.case_intro = w.phrase(
      "We saw mail attempts that look like those of an infected device. That happens to careful people "
      "too, and it can be mended.");
  p.case_state = w.phrase("Where it stands: {state}.");
  p.case_steps_intro = w.phrase("Please work through these steps:");
  p.case_after = w.phrase("When the attempts stop, we see it by ourselves. You do not have to prove anything.");
  p.case_steps = {
      w.phrase("List what is connected: computers first, then cameras, recorders, TV boxes, printers and the router."),
      w.phrase("Disconnect what you do not need or do not know. If the attempts stop, you have found the device."),
      w.phrase("Run a full virus scan on every computer, with a scanner that is up to date."),
      w.phrase("Install all updates, on the router too. Set a new router password and turn remote administration off."),
      w.phrase("Then change your mail passwords, from a device you trust."),
      w.phrase("Devices that get no updates any more should stay disconnected."),
  };
  p.case_states = {w.phrase("we have just noticed it"),
                   w.phrase("we have written to you"),
                   w.phrase("you have confirmed it"),
                   w.phrase("the date has passed, and it goes on"),
                   w.phrase("restricted until it is clean"),
                   w.phrase("the connection is paused until it is clean"),
                   w.phrase("released again, we keep looking"),
                   w.phrase("clean again, thank you"),
                   w.phrase("closed")};
}

void permit_and_traffic(Words& p, const words::Words& w) {
  p.permit_heading = w.phrase("Your permit");
  p.permit_queue =
      w.phrase("Nothing is lost: your server keeps the mail in its queue and sends it by itself a little later.");
  p.permit_listed =
      w.phrase("Your permit names the servers you may reach on port 25. Mail to all others goes through {relay}.");
  p.permit_more = w.phrase("If you need more, write to us and tell us what for.");
  p.permit_connections = w.phrase("New connections a minute");
  p.permit_networks = w.phrase("New destination networks an hour");
  p.permit_servers = w.phrase("Servers");
  p.permit_expires = w.phrase("Valid until");
  p.permit_no_limit = w.phrase("no limit");
  p.seen_heading = w.phrase("What we saw");
  p.seen_count =
      w.counted("{count} attempt was refused today: one try to reach a mail server, not one mail.",
                "{count} attempts were refused today. Each is one try to reach a mail server, not one mail.");
  p.seen_none = w.phrase("No attempts were refused today.");
  p.seen_caption = w.phrase("The latest attempts");
  p.seen_when = w.phrase("When (UTC)");
  p.seen_where = w.phrase("Mail server");
}

void what_to_do(Words& p, const words::Words& w) {
  p.do_heading = w.phrase("What you can do");
  p.send_heading = w.phrase("Send mail now");
  p.send_intro = w.phrase("Set the outgoing mail server (SMTP) in your mail program like this:");
  p.send_server = w.phrase("Server");
  p.send_server_own_provider = w.phrase("the one of your mail provider");
  p.send_port = w.phrase("Port");
  p.send_port_value = w.phrase("587 with STARTTLS, or 465 with SSL/TLS");
  p.send_sign_in = w.phrase("Sign in with");
  p.send_sign_in_value = w.phrase("your mail user name and password");
  p.send_elsewhere = w.phrase("Ports 587 and 465 are open to every mail provider in the world, not only to ours.");
  p.server_heading = w.phrase("Run your own mail server");
  p.server_relay = w.phrase("It can deliver through {relay} (as its smarthost, port 587).");
  p.server_permit = w.phrase(
      "Or ask for a permit to use port 25: tell us the reference, the name of your server and about "
      "how much mail it sends. The permit has limits that fit an ordinary server.");
  p.puzzled_heading = w.phrase("If you did not send any mail");
  p.puzzled_text = w.phrase(
      "Something on the connection did. Often it is a printer, camera or storage device that reports "
      "by mail: give it the settings above. If you find nothing like that, look for an infected "
      "device, or ask us.");
  p.restart_heading = w.phrase("Start the modem or router again");
  p.restart_text =
      w.phrase("Switch it off for a minute, then try again. If this page still comes, tell us the reference.");
  p.person_heading = w.phrase("Talk to a person");
  p.person_intro =
      w.phrase("Tell us the reference {reference}. With it we see what happened, and you need not explain it.");
  p.person_mail = w.phrase("Mail");
  p.person_phone = w.phrase("Phone");
  p.person_subject = w.phrase("Reference {reference}");
  p.read_heading = w.phrase("Tell us that you have read this");
  p.read_why = w.phrase("So we know that the message arrived. It is not an admission and changes nothing else.");
  p.read_button = w.phrase("I have read this");
  p.read_done = w.phrase("Thank you. You told us on {day} that you have read this.");
  p.read_noted_elsewhere = w.phrase("Thank you, that is noted.");
  p.elsewhere_note = w.phrase(
      "You are not using the connection that this page is about. Opened from there, it shows more: "
      "how many attempts there were, and what to look for.");
}

void forms_and_faults(Words& p, const words::Words& w) {
  p.home_title = w.phrase("Why was my mail refused?");
  p.home_intro = w.phrase(
      "When {provider} refuses mail on port 25, the message has a reference. Type it here to read what "
      "happened and what to do.");
  p.ask_label = w.phrase("Reference");
  p.ask_hint = w.phrase("15 letters and digits, for example K7QF2-9XWM3-H4TPA. Capitals and dashes do not matter.");
  p.ask_button = w.phrase("Show the page");
  p.wrong_title = w.phrase("We do not know this reference");
  p.wrong_fault = w.phrase("This is not one of our references.");
  p.wrong_help = w.phrase(
      "Please compare it with the message. An O and a 0, or an I and a 1, are the same here. If it still "
      "does not work, a person can help:");
  p.too_fast_title = w.phrase("Too many tries");
  p.too_fast_text = w.phrase("There were many requests from your address. Please wait a minute and try again.");
  p.retry_title = w.phrase("That did not work just now");
  p.retry_text = w.phrase(
      "We could not look it up at this moment. Please try again in a minute. The refusal itself is not "
      "affected.");
  p.not_here_title = w.phrase("There is nothing here");
  p.not_here_text = w.phrase("The address of this page is wrong. The page of a refusal is found by its reference:");
  p.refused_post_title = w.phrase("Please press the button on this page");
  p.refused_post_text =
      w.phrase("The confirmation did not come from this page, so it was not noted. Nothing else happened.");
  p.home_link = w.phrase("Another reference");
  p.footer = w.phrase("This page uses no scripts and no cookies. It can be printed.");
}

Words in(const words::Words& w) {
  Words p{};
  dates_and_reasons(p, w);
  refusal(p, w);
  permit_and_traffic(p, w);
  what_to_do(p, w);
  forms_and_faults(p, w);
  return p;
}

}  // namespace

const Words& words_for(std::string_view accept_language) {
  static const page::InEveryLanguage<Words> kAll(&in);
  return kAll.best(accept_language);
}

}  // namespace postern::edge::notice
