// SPDX-License-Identifier: Apache-2.0
#include "edge/notice/words.h"

namespace postern::edge::notice {

namespace {

void dates_and_reasons(Words& w) {
  static_cast<page::Calendar&>(w) = page::calendar_en();
  w.closed = {.own = "Mail sent straight from your connection was refused",
              .other = "Mail sent straight from this connection was refused"};
  w.permit = {.own = "Your mail server has come up against its permit",
              .other = "This mail server has come up against its permit"};
  w.unknown_line = {.own = "We do not recognise this connection yet",
                    .other = "We do not recognise this connection yet"};
  w.lead =
      "A program tried to hand mail directly to another mail server, on port 25. {provider} refused that at "
      "once. No mail was read, kept or passed on, and everything else works as before.";
  w.lead_permit =
      "{provider} lets this connection send mail directly, within limits or to named servers. One "
      "attempt was outside of that and was turned away.";
  w.why = {
      "Port 25 is closed on this connection.",
      "Connections of this kind do not need port 25: mail programs and phones send through a mail server, with "
      "a password. Infected devices use port 25 to send spam unnoticed, so {provider} keeps it closed.",
      "We could not match the address to a live connection, and keep port 25 closed until we can. This happens "
      "when a modem or router has just started, or when a device uses an address that was not given to it.",
      "The permit for sending mail directly has limits, or a list of servers, and this attempt was outside of "
      "it.",
      "The permit for sending mail directly from this connection has run out.",
      "The permit for sending mail directly from this connection was withdrawn.",
      "A member of our staff has closed port 25 on this connection.",
      "We have signs that a device on this connection sends mail without its owner knowing. Until that is "
      "solved, port 25 stays closed.",
  };
  w.why_withheld =
      "Port 25 is closed on this connection. The details are shown only when this page is opened from "
      "the connection itself.";
}

void refusal(Words& w) {
  w.facts_heading = "What happened";
  w.what = "Refused";
  w.what_value = "Outgoing mail on port 25";
  w.why_label = "Why";
  w.class_label = "Kind of connection";
  w.day_label = "Day of the refusal";
  w.since_label = "In force since";
  w.reference_label = "Reference";
  w.open_now =
      "Port 25 is open for your connection at the moment. This page is about an earlier refusal; nothing "
      "needs to be done.";
  w.case_heading = "A device on your connection probably needs cleaning";
  w.case_intro =
      "We saw mail attempts that look like those of an infected device. That happens to careful people "
      "too, and it can be mended.";
  w.case_line = "Case {number}, opened {day}: {summary}";
  w.case_state = "Where it stands: {state}.";
  w.case_steps_intro = "Please work through these steps:";
  w.case_after = "When the attempts stop, we see it by ourselves. You do not have to prove anything.";
  w.case_steps = {
      "List what is connected: computers first, then cameras, recorders, TV boxes, printers and the router.",
      "Disconnect what you do not need or do not know. If the attempts stop, you have found the device.",
      "Run a full virus scan on every computer, with a scanner that is up to date.",
      "Install all updates, on the router too. Set a new router password and turn remote administration off.",
      "Then change your mail passwords, from a device you trust.",
      "Devices that get no updates any more should stay disconnected.",
  };
  w.case_states = {"we have just noticed it",
                   "we have written to you",
                   "you have confirmed it",
                   "a date for cleaning is set",
                   "mail is restricted until it is clean",
                   "the connection is paused until it is clean",
                   "released again, we keep looking",
                   "clean again, thank you",
                   "closed"};
}

void permit_and_traffic(Words& w) {
  w.permit_heading = "Your permit";
  w.permit_queue = "Nothing is lost: your server keeps the mail in its queue and sends it by itself a little later.";
  w.permit_listed = "Your permit names the servers you may reach on port 25. Mail to all others goes through {relay}.";
  w.permit_more = "If you need more, write to us and tell us what for.";
  w.permit_connections = "New connections a minute";
  w.permit_networks = "New destination networks an hour";
  w.permit_servers = "Servers";
  w.permit_expires = "Valid until";
  w.permit_no_limit = "no limit";
  w.seen_heading = "What we saw";
  w.seen_count = "{count} attempts were refused today. Each is one try to reach a mail server, not one mail.";
  w.seen_none = "No attempts were refused today.";
  w.seen_caption = "The latest attempts";
  w.seen_when = "When (UTC)";
  w.seen_where = "Mail server";
}

void what_to_do(Words& w) {
  w.do_heading = "What you can do";
  w.send_heading = "Send mail now";
  w.send_intro = "Set the outgoing mail server (SMTP) in your mail program like this:";
  w.send_server = "Server";
  w.send_server_own_provider = "the one of your mail provider";
  w.send_port = "Port";
  w.send_port_value = "587 with STARTTLS, or 465 with SSL/TLS";
  w.send_sign_in = "Sign in with";
  w.send_sign_in_value = "your mail user name and password";
  w.send_elsewhere = "Ports 587 and 465 are open to every mail provider in the world, not only to ours.";
  w.server_heading = "Run your own mail server";
  w.server_relay = "It can deliver through {relay} (as its smarthost, port 587).";
  w.server_permit =
      "Or ask for a permit to use port 25: tell us the reference, the name of your server and about "
      "how much mail it sends. The permit has limits that fit an ordinary server.";
  w.puzzled_heading = "If you did not send any mail";
  w.puzzled_text =
      "Something on the connection did. Often it is a printer, camera or storage device that reports "
      "by mail: give it the settings above. If you find nothing like that, look for an infected "
      "device, or ask us.";
  w.restart_heading = "Start the modem or router again";
  w.restart_text = "Switch it off for a minute, then try again. If this page still comes, tell us the reference.";
  w.person_heading = "Talk to a person";
  w.person_intro = "Tell us the reference {reference}. With it we see what happened, and you need not explain it.";
  w.person_mail = "Mail";
  w.person_phone = "Phone";
  w.person_subject = "Reference {reference}";
  w.read_heading = "Tell us that you have read this";
  w.read_why = "So we know that the message arrived. It is not an admission and changes nothing else.";
  w.read_button = "I have read this";
  w.read_done = "Thank you. You told us on {day} that you have read this.";
  w.read_noted_elsewhere = "Thank you, that is noted.";
  w.elsewhere_note =
      "You are not using the connection that this page is about. Opened from there, it shows more: "
      "how many attempts there were, and what to look for.";
}

void forms_and_faults(Words& w) {
  w.home_title = "Why was my mail refused?";
  w.home_intro =
      "When {provider} refuses mail on port 25, the message has a reference. Type it here to read what "
      "happened and what to do.";
  w.ask_label = "Reference";
  w.ask_hint = "15 letters and digits, for example K7QF2-9XWM3-H4TPA. Capitals and dashes do not matter.";
  w.ask_button = "Show the page";
  w.wrong_title = "We do not know this reference";
  w.wrong_help =
      "Please compare it with the message. An O and a 0, or an I and a 1, are the same here. If it still "
      "does not work, a person can help:";
  w.too_fast_title = "Too many tries";
  w.too_fast_text = "There were many requests from your address. Please wait a minute and try again.";
  w.retry_title = "That did not work just now";
  w.retry_text =
      "We could not look it up at this moment. Please try again in a minute. The refusal itself is not "
      "affected.";
  w.not_here_title = "There is nothing here";
  w.not_here_text = "The address of this page is wrong. The page of a refusal is found by its reference:";
  w.refused_post_title = "Please press the button on this page";
  w.refused_post_text = "The confirmation did not come from this page, so it was not noted. Nothing else happened.";
  w.home_link = "Another reference";
  w.footer = "This page uses no scripts and no cookies. It can be printed.";
}

}  // namespace

const Words& words_en() {
  static const Words kWords = [] {
    Words w{};
    dates_and_reasons(w);
    refusal(w);
    permit_and_traffic(w);
    what_to_do(w);
    forms_and_faults(w);
    return w;
  }();
  return kWords;
}

}  // namespace postern::edge::notice
