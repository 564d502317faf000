// SPDX-License-Identifier: Apache-2.0
#include "cli/relay/setup.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "settings/reference/autoconfig/autoconfig.h"
#include "words/words.h"

namespace postern::cli {
namespace {

constexpr size_t kWidth = 76;

// Marks a sentence for xgettext; the catalogue is asked when the language is known.
constexpr std::string_view marked(std::string_view english) { return english; }

class Text {
 public:
  explicit Text(std::string_view language) : w_(language) {}

  void heading(std::string_view english, words::Words::Slots slots = {}) {
    const std::string line = w_.text(english, slots);
    if (!out_.empty()) out_ += "\n";
    out_ += line + "\n";
  }
  void put(std::string_view english, words::Words::Slots slots = {}) { fold(w_.text(english, slots), ""); }
  void item(std::string_view english, words::Words::Slots slots = {}) { fold("- " + w_.text(english, slots), "  "); }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void fold(std::string_view text, std::string_view indent) {
    size_t column = 0;
    while (!text.empty()) {
      const std::string_view word = text.substr(0, text.find(' '));
      if (column != 0 && column + 1 + word.size() > kWidth) {
        out_ += fmt::format("\n{}", indent);
        column = indent.size();
      } else if (column != 0) {
        out_ += ' ';
        ++column;
      }
      out_ += word;
      column += word.size();
      text.remove_prefix(std::min(word.size() + 1, text.size()));
    }
    out_ += "\n";
  }

  words::Words w_;
  std::string out_;
};

void servers(Text& t, const settings::Settings& s) {
  const auto& a = s.autoconfig;
  t.heading(marked("The settings"));
  t.item(a.sign_in == settings::SignInName::address
             ? marked("User name: your whole mail address, for receiving and for sending.")
             : marked("User name: what stands before the @ of your mail address, for receiving and for sending."));
  if (!a.imap_host.empty())
    t.item(marked("Incoming mail (IMAP): {host}, port {port}, SSL/TLS."),
           {{"host", a.imap_host}, {"port", fmt::to_string(settings::kImapsPort)}});
  if (!a.pop_host.empty())
    t.item(marked("Incoming mail (POP3): {host}, port {port}, SSL/TLS."),
           {{"host", a.pop_host}, {"port", fmt::to_string(settings::kPop3sPort)}});
  t.item(
      marked("Outgoing mail (SMTP): {host}, port {port} with SSL/TLS, or port {other} with STARTTLS. Signing in: yes, "
             "with the same user name and password."),
      {{"host", s.provider.relay_host},
       {"port", fmt::to_string(settings::kSubmissionsPort)},
       {"other", fmt::to_string(settings::kSubmissionPort)}});
}

void programs(Text& t) {
  t.heading(marked("Thunderbird, Evolution, KMail, K-9 Mail"));
  t.put(
      marked("Give your name, your mail address and your password. The program finds the servers by itself; the "
             "settings above are for comparing."));
  t.heading(marked("Outlook"));
  t.put(
      marked("Add an account, choose to set it up yourself, then IMAP. Enter both servers with their ports, choose "
             "SSL/TLS for both, and switch on that the outgoing server requires signing in."));
  t.heading(marked("Apple Mail (Mac, iPhone, iPad)"));
  t.put(
      marked("Add an account, choose \"Other\", then a mail account. User name and password of the outgoing server are "
             "called optional there: enter them all the same. SSL stays on."));
  t.heading(marked("Gmail app and other mail apps on Android"));
  t.put(
      marked("Add an account, choose \"Other\", then IMAP. Enter the servers; the security type is SSL/TLS. Leave "
             "\"Require sign-in\" switched on for outgoing mail."));
  t.heading(marked("Printers, cameras, network storage"));
  t.put(
      marked("Enter the outgoing server with port, encryption, user name and password. A device that can neither "
             "encrypt nor sign in cannot send mail through us."));
}

}  // namespace

std::string setup_text(const settings::Settings& settings, std::string_view language) {
  Text t(language);
  t.heading(marked("Setting up your mail program, by {provider}"), {{"provider", settings.provider.name}});
  const std::string domains = fmt::format("{}", fmt::join(settings.autoconfig.domains, ", "));
  t.put(marked("For mail addresses at: {domains}."), {{"domains", domains}});
  servers(t, settings);
  programs(t);
  t.heading(marked("If it does not work"));
  t.put(marked("Port 25 is not for mail programs: choose one of the ports above. If you need help, a person reads "
               "{contact}."),
        {{"contact", settings.provider.contact}});
  return t.take();
}

Printed relay_autoconfig(const Setup& setup) {
  const settings::Loaded settings = settings::load_file(setup.settings, detector_names());
  if (!settings) return {Exit::bad_input, {}, settings::text_of(settings.error())};
  if (settings->autoconfig.domains.empty())
    return {Exit::bad_input,
            {},
            fmt::format("postern: {}: [autoconfig] names no domain (set autoconfig.domains)\n", setup.settings)};
  if (setup.what == "xml") return {Exit::ok, settings::mozilla_config(*settings), {}};
  if (setup.what == "srv") return {Exit::ok, settings::srv_records(*settings), {}};
  return {Exit::ok, setup_text(*settings, setup.language), {}};
}

}  // namespace postern::cli
