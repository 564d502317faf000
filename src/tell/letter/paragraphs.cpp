// SPDX-License-Identifier: Apache-2.0
#include "tell/letter/paragraphs.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

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
  if (f_.customer.empty()) return put(marked("Dear customer,"));
  put(marked("Dear {name},"), {{"name", f_.customer}});
}

std::string Paragraphs::row(const model::Increment& step) const {
  return fmt::format("  {}  {}  TCP {}", moment(step.at), to_string(step.destination), step.port);
}

void Paragraphs::seen(Notice notice) {
  std::vector<const model::Increment*> rows;
  for (const model::Increment& step : f_.evidence)
    if (step.port != 0 && step.destination) rows.push_back(&step);
  if (rows.empty()) return;
  const uint32_t count = f_.case_.first_contacts;
  const std::array<words::Counted, 3> networks{
      w_.counted("What we observed: your connection contacted {count} mail network it had not contacted before.",
                 "What we observed: your connection contacted {count} mail networks it had not contacted before."),
      w_.counted("What we observed: your connection contacted the mail servers of {count} network, on the ports for "
                 "signing in, that it had not contacted before.",
                 "What we observed: your connection contacted the mail servers of {count} networks, on the ports for "
                 "signing in, that it had not contacted before."),
      w_.counted("What we observed: your connection contacted {count} network it had not contacted before, asking for "
                 "{services}.",
                 "What we observed: your connection contacted {count} networks it had not contacted before, asking for "
                 "{services}.")};
  if (count != 0)
    put(networks[static_cast<size_t>(trouble_)].of(count),
        {{"count", std::to_string(count)}, {"services", services_of(f_)}});
  if (const size_t decoys = decoys_touched(f_); decoys != 0)
    put(w_.counted("One of the addresses belongs to nobody: no program has a reason to contact it.",
                   "{count} of the addresses belong to nobody: no program has a reason to contact them.")
            .of(decoys),
        {{"count", std::to_string(decoys)}});
  if (const Time last = went_on_at(f_); last && notice != Notice::question)
    put(marked("It went on after our notice, last on {last}."), {{"last", moment(last)}});
  put(marked("The latest, with the time and the address contacted:"));
  const size_t from = rows.size() > kEvidenceShown ? rows.size() - kEvidenceShown : 0;
  for (size_t i = from; i < rows.size(); ++i) line(row(*rows[i]));
  out_ += "\n";
}

// What comes before the steps.
void Paragraphs::intro(Notice notice) {
  if (notice == Notice::relay_limit)
    return put(
        marked("If it was you who sent so much, please tell us, with the case's number: we look together what fits. If "
               "it was not, somebody may know your password, or a device may be infected:"));
  if (notice != Notice::question) return put(marked("What to do:"));
  constexpr std::array kAsked{
      marked("If you run a mail server, please tell us, with the case's number: there are permits for that. If you do "
             "not, please look what else it could be:"),
      marked("If you know who sends that mail, please tell us, with the case's number. If you do not, please look what "
             "else it could be:"),
      marked("If you know what your device does there, please tell us, with the case's number. If you do not, please "
             "look what else it could be:")};
  put(kAsked[static_cast<size_t>(trouble_)]);
}

void Paragraphs::steps(Notice notice) {
  if (notice == Notice::reminder) return;
  intro(notice);
  if (trouble_ == Trouble::sign_in)
    item(
        marked("Change the passwords of all your mail accounts now, from a device you trust, and sign all devices out "
               "there."));
  item(marked("List what is connected: computers first, then cameras, recorders, TV boxes, printers and the router."));
  if (notice != Notice::relay_limit)
    item(marked("Disconnect what you do not need or do not know. If the attempts stop, you have found the device."));
  item(marked("Run a full virus scan on every computer, with a scanner that is up to date."));
  item(marked("Install all updates, on the router too, and set a new router password."));
  if (trouble_ == Trouble::worm)
    item(
        marked("Turn off remote access that you do not use (Telnet, file sharing, remote desktop), and replace the "
               "passwords that devices came with."));
  if (trouble_ == Trouble::mail) item(marked("Then change your mail passwords, from a device you trust."));
  if (trouble_ != Trouble::worm && !f_.provider.relay_host.empty())
    item(marked("A printer or camera that is meant to send mail works with {relay}, port 587 and a password."),
         {{"relay", f_.provider.relay_host}});
  out_ += "\n";
}

void Paragraphs::self_release() {
  const std::string hours = std::to_string(std::max<int64_t>(1, f_.release_after.seconds() / 3600));
  if (f_.self_releases_left == 0)
    return put(
        marked("When it is clean, please call or write to us: a person will look at it with you and lift the "
               "restriction."));
  put(w_.counted(
            "When it is clean, press \"It is fixed\" on the page below. If nothing more is seen for {hours} h, the "
            "restriction is lifted by itself. You can do that once more.",
            "When it is clean, press \"It is fixed\" on the page below. If nothing more is seen for {hours} h, the "
            "restriction is lifted by itself. You can do that {count} more times.")
          .of(f_.self_releases_left),
      {{"hours", hours}, {"count", std::to_string(f_.self_releases_left)}});
}

void Paragraphs::consequence(Notice notice) {
  if (notice == Notice::restricted || notice == Notice::disconnected || notice == Notice::disconnecting ||
      notice == Notice::widened)
    return self_release();
  if (notice == Notice::question || !f_.restricts || !f_.case_.deadline_at) return;
  constexpr std::array kBy{
      marked(
          "Please have it done by {deadline}. If the attempts still go on then, we will have to restrict direct mail "
          "from your connection until it is clean. If they stop, nothing happens."),
      marked("Please have it done by {deadline}. If it still goes on then, we will have to restrict sending through "
             "other mail servers from your connection until it is clean. If it stops, nothing happens."),
      marked("Please have it done by {deadline}. If it still goes on then, we will have to close the services it uses "
             "on your connection until it is clean. If it stops, nothing happens.")};
  put(f_.garden ? marked("Please have it done by {deadline}. If it still goes on then, we will have to pause your "
                         "Internet access until it is clean. If it stops, nothing happens.")
                : kBy[static_cast<size_t>(trouble_)],
      {{"deadline", moment(f_.case_.deadline_at)}});
}

void Paragraphs::page(Notice notice) {
  if (f_.page.empty()) return;
  if (notice == Notice::released || notice == Notice::clean) {
    put(marked("The page about it:"));
  } else {
    put(marked(
        "Please open this page from your connection and press \"I have read this\", so that we know you were reached. "
        "It is not an admission."));
  }
  line("  " + f_.page);
  out_ += "\n";
}

void Paragraphs::person() {
  if (f_.provider.phone.empty())
    return put(
        marked(
            "If you think that this is wrong, or need help, a person reads {contact}. Please name the case's number."),
        {{"contact", f_.provider.contact}});
  put(marked("If you think that this is wrong, or need help, a person is there for you: {phone}, or {contact}. Please "
             "name the "
             "case's number."),
      {{"phone", f_.provider.phone}, {"contact", f_.provider.contact}});
}

void Paragraphs::signature() {
  line(f_.provider.name);
  line(w_.text(marked("Case {number}, connection {key}"),
               {{"number", std::to_string(f_.case_.id.value)}, {"key", f_.line_key}}));
}

void add(Text& text, const std::string& paragraph) { text.body += wrapped(paragraph, "") + "\n\n"; }

void greet(Text& text, const words::Words& w, const std::string& customer) {
  add(text, customer.empty() ? w.text(marked("Dear customer,")) : w.text(marked("Dear {name},"), {{"name", customer}}));
}

void sign(Text& text, const words::Words& w, const Provider& provider, const std::string& line_key) {
  std::string_view between;
  for (const std::string* part : {&provider.name, &provider.contact, &provider.phone}) {
    if (part->empty()) continue;
    text.body += fmt::format("{}{}", std::exchange(between, ", "), *part);
  }
  text.body += '\n' + w.text(marked("Connection {key}"), {{"key", line_key}}) + '\n';
}

}  // namespace postern::tell::letter
