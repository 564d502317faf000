// SPDX-License-Identifier: Apache-2.0
#include "tell/letter/paragraphs.h"

#include <algorithm>
#include <fmt/format.h>

namespace postern::tell::letter {
namespace {

using model::Notice;
constexpr size_t kWidth = 76;

// What a character is wide for; octets that continue one are not.
size_t characters(std::string_view s) {
  return static_cast<size_t>(
      std::ranges::count_if(s, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

std::string moment(Time t) {
  if (!t) return "-";
  const std::string iso = to_string(t);  // 2026-11-27T14:05:00Z
  return iso.substr(0, 10) + " " + iso.substr(11, 5) + " UTC";
}

std::string wrapped(std::string_view paragraph, std::string_view indent) {
  std::string out;
  size_t column = 0;
  while (!paragraph.empty()) {
    const size_t space = std::min(paragraph.find(' '), paragraph.size());
    const std::string_view word = paragraph.substr(0, space);
    const size_t width = characters(word);
    if (column != 0 && column + 1 + width > kWidth) {
      out += fmt::format("\n{}", indent);
      column = indent.size();
    } else if (column != 0) {
      out += ' ';
      ++column;
    }
    out += word;
    column += width;
    paragraph.remove_prefix(std::min(space + 1, paragraph.size()));
  }
  return out;
}

// What fills a slot (a telephone number, a date) stays on one line.
std::string Paragraphs::said(std::string_view english, words::Words::Slots slots) const {
  constexpr char kHeld = '\x01';
  std::string out = w_.text(english, slots);
  for (const auto& [name, value] : slots) {
    std::string whole(value);
    std::ranges::replace(whole, ' ', kHeld);
    for (size_t at = 0; !value.empty() && (at = out.find(value, at)) != std::string::npos; at += whole.size())
      out.replace(at, value.size(), whole);
  }
  return out;
}

void Paragraphs::fold(std::string_view paragraph, std::string_view indent) {
  std::string folded = wrapped(paragraph, indent);
  std::ranges::replace(folded, '\x01', ' ');
  out_ += folded;
}

void Paragraphs::put(std::string_view english, words::Words::Slots slots) {
  fold(said(english, slots), "");
  out_ += "\n\n";
}

void Paragraphs::item(std::string_view english, words::Words::Slots slots) {
  fold("- " + said(english, slots), "  ");
  out_ += "\n";
}

void Paragraphs::line(std::string_view finished) { out_ += fmt::format("{}\n", finished); }

void Paragraphs::greeting() {
  if (f_.customer.empty()) return put(text("Dear customer,"));
  put(text("Dear {name},"), {{"name", f_.customer}});
}

void Paragraphs::what(Notice notice) {
  switch (notice) {
    case Notice::first:
      put(text(
          "a device on your connection tries to hand mail directly to strangers' mail servers. Computers, cameras or "
          "routers do that when somebody else has got control of them, mostly to send spam. It happens to careful "
          "people too, and it can be mended."));
      return put(
          text("Nothing you do by yourself is affected: your mail program, the web and everything else work as before. "
               "This is only about mail that is sent directly on port 25, which ordinary devices do not need."));
    case Notice::question:
      return put(
          text("a device on your connection has contacted mail servers that it never contacted before. That may be "
               "quite all right: somebody who sets up a mail server does the same. It may also be an infected "
               "device. We ask before we think the worse."));
    case Notice::reminder:
      return put(
          text("we wrote to you about mail attempts from your connection and have not heard from you. This is only a "
               "reminder; nothing has changed."));
    case Notice::persists:
      return put(
          text("we asked you about new mail servers that your connection contacted. The attempts have gone on since, "
               "so we no longer take them for a mail server being set up: a device is probably infected."));
    case Notice::restricted:
      return put(text("the mail attempts from your connection have gone on after our notice. Since {since} direct mail "
                      "from your connection is restricted."),
                 {{"since", moment(f_.case_.restricted_at)}});
    case Notice::released:
      return put(
          text("the restriction on your connection is lifted. Thank you for taking care of it. We keep looking for a "
               "while; if the attempts begin again, we tell you at once."));
    case Notice::relapse:
      return put(text(
          "some time ago we told you about mail attempts from your connection. They had stopped, and now they have "
          "begun again. Often one device was overlooked, or was infected a second time."));
    case Notice::clean:
      return put(
          text("we have seen no more mail attempts from your connection for a good while, and close the case. Thank "
               "you."));
    case Notice::disconnecting:
      return put(
          text("your connection is restricted, and a device on it still tries to send mail by itself. If that does not "
               "stop, we will pause your Internet access from {at} on, to protect others. Telephone and emergency "
               "calls are not touched."),
          {{"at", moment(f_.plug_at)}});
    case Notice::disconnected:
      return put(
          text("since {since} your Internet access is paused, because a device on your connection went on trying to "
               "send mail by itself. Telephone and emergency calls work as always, and so do our pages, our mail "
               "relay and the updates of common systems."),
          {{"since", moment(f_.case_.disconnected_at)}});
  }
}

std::string Paragraphs::row(const model::Increment& step) const {
  return fmt::format("  {}  {}  TCP {}", moment(step.at), to_string(step.destination), step.port);
}

void Paragraphs::seen() {
  std::vector<const model::Increment*> rows;
  for (const model::Increment& step : f_.evidence)
    if (step.port != 0 && step.destination) rows.push_back(&step);
  if (rows.empty()) return;
  const std::string count = std::to_string(f_.case_.first_contacts);
  put(text("What we observed: your connection contacted {count} mail networks it had not contacted before. The latest, "
           "with "
           "the time and the address contacted:"),
      {{"count", count}});
  const size_t from = rows.size() > kEvidenceShown ? rows.size() - kEvidenceShown : 0;
  for (size_t i = from; i < rows.size(); ++i) line(row(*rows[i]));
  out_ += "\n";
}

void Paragraphs::steps(Notice notice) {
  if (notice == Notice::question) {
    put(text(
        "If you run a mail server, please tell us, with the case's number: there are permits for that. If you do not, "
        "please look what else it could be:"));
  } else if (notice != Notice::reminder) {
    put(text("What to do:"));
  } else {
    return;
  }
  item(text("List what is connected: computers first, then cameras, recorders, TV boxes, printers and the router."));
  item(text("Disconnect what you do not need or do not know. If the attempts stop, you have found the device."));
  item(text("Run a full virus scan on every computer, with a scanner that is up to date."));
  item(text("Install all updates, on the router too, and set a new router password."));
  item(text("Then change your mail passwords, from a device you trust."));
  if (!f_.provider.relay_host.empty())
    item(text("A printer or camera that is meant to send mail works with {relay}, port 587 and a password."),
         {{"relay", f_.provider.relay_host}});
  out_ += "\n";
}

void Paragraphs::consequence(Notice notice) {
  const std::string hours = std::to_string(std::max<int64_t>(1, f_.release_after.seconds() / 3600));
  if (notice == Notice::restricted || notice == Notice::disconnected || notice == Notice::disconnecting) {
    if (f_.self_releases_left == 0)
      return put(
          text("When it is clean, please call or write to us: a person will look at it with you and lift the "
               "restriction."));
    return put(
        text("When it is clean, press \"It is fixed\" on the page below. If nothing more is seen for {hours} h, the "
             "restriction is lifted by itself. You can do that {left} more times."),
        {{"hours", hours}, {"left", std::to_string(f_.self_releases_left)}});
  }
  if (notice == Notice::question || !f_.restricts || !f_.case_.deadline_at) return;
  put(text("Please have it done by {deadline}. If the attempts still go on then, we will have to restrict direct mail "
           "from "
           "your connection until it is clean. If they stop, nothing happens."),
      {{"deadline", moment(f_.case_.deadline_at)}});
}

void Paragraphs::page(Notice notice) {
  if (f_.page.empty()) return;
  if (notice == Notice::released || notice == Notice::clean) {
    put(text("The page about it:"));
  } else {
    put(text(
        "Please open this page from your connection and press \"I have read this\", so that we know you were reached. "
        "It is not an admission."));
  }
  line("  " + f_.page);
  out_ += "\n";
}

void Paragraphs::person() {
  if (f_.provider.phone.empty())
    return put(
        text("If you think that this is wrong, or need help, a person reads {contact}. Please name the case's number."),
        {{"contact", f_.provider.contact}});
  put(text("If you think that this is wrong, or need help, a person is there for you: {phone}, or {contact}. Please "
           "name the "
           "case's number."),
      {{"phone", f_.provider.phone}, {"contact", f_.provider.contact}});
}

void Paragraphs::signature() {
  line(f_.provider.name);
  line(w_.text(text("Case {number}, connection {key}"),
               {{"number", std::to_string(f_.case_.id.value)}, {"key", f_.line_key}}));
}

}  // namespace postern::tell::letter
