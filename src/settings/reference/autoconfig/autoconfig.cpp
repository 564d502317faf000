// SPDX-License-Identifier: Apache-2.0
#include "settings/reference/autoconfig/autoconfig.h"

#include <fmt/format.h>

namespace postern::settings {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  return out;
}

struct Server {
  std::string_view kind;  // incoming, outgoing
  std::string_view type;
  std::string_view host;
  uint16_t port = 0;
  std::string_view socket;
};

std::string server(const Server& s, std::string_view user) {
  return fmt::format(
      "    <{0}Server type=\"{1}\">\n      <hostname>{2}</hostname>\n      <port>{3}</port>\n"
      "      <socketType>{4}</socketType>\n      <username>{5}</username>\n"
      "      <authentication>password-cleartext</authentication>\n    </{0}Server>\n",
      s.kind, s.type, escaped(s.host), s.port, s.socket, user);
}

std::string_view host_of(std::string_view url) {
  if (const size_t scheme = url.find("://"); scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find('/'));
  return url.substr(0, url.rfind(':'));
}

std::string record(std::string_view service, std::string_view domain, int priority, uint16_t port,
                   std::string_view host) {
  if (host.empty()) return fmt::format("_{}._tcp.{}. 3600 IN SRV 0 0 0 .\n", service, domain);
  return fmt::format("_{}._tcp.{}. 3600 IN SRV {} 1 {} {}.\n", service, domain, priority, port, host);
}

}  // namespace

std::string mozilla_config(const Settings& settings) {
  const Autoconfig& a = settings.autoconfig;
  const Provider& p = settings.provider;
  if (a.domains.empty()) return {};
  const std::string_view user = a.sign_in == SignInName::address ? "%EMAILADDRESS%" : "%EMAILLOCALPART%";
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<clientConfig version=\"1.1\">\n  <emailProvider id=\"{}\">\n",
      escaped(a.domains.front()));
  for (const std::string& domain : a.domains) out += fmt::format("    <domain>{}</domain>\n", escaped(domain));
  out += fmt::format("    <displayName>{0}</displayName>\n    <displayShortName>{0}</displayShortName>\n",
                     escaped(p.name));
  // The first of a kind is what a program takes when it can.
  if (!a.imap_host.empty()) out += server({"incoming", "imap", a.imap_host, kImapsPort, "SSL"}, user);
  if (!a.pop_host.empty()) out += server({"incoming", "pop3", a.pop_host, kPop3sPort, "SSL"}, user);
  out += server({"outgoing", "smtp", p.relay_host, kSubmissionsPort, "SSL"}, user);
  out += server({"outgoing", "smtp", p.relay_host, kSubmissionPort, "STARTTLS"}, user);
  out += fmt::format(
      "    <documentation url=\"{}\">\n      <descr lang=\"en\">Help with mail</descr>\n"
      "      <descr lang=\"de\">Hilfe zu E-Mail</descr>\n    </documentation>\n",
      escaped(p.url));
  return out + "  </emailProvider>\n</clientConfig>\n";
}

std::string srv_records(const Settings& settings) {
  const Autoconfig& a = settings.autoconfig;
  std::string out;
  for (const std::string& domain : a.domains) {
    out += fmt::format("; {}: mail programs\n", domain);
    out += record("submissions", domain, 0, kSubmissionsPort, settings.provider.relay_host);
    out += record("submission", domain, 10, kSubmissionPort, settings.provider.relay_host);
    out += record("imaps", domain, 0, kImapsPort, a.imap_host);
    out += record("imap", domain, 0, 0, {});
    out += record("pop3s", domain, a.imap_host.empty() ? 0 : 10, kPop3sPort, a.pop_host);
    out += record("pop3", domain, 0, 0, {});
    out += fmt::format("autoconfig.{}. 3600 IN CNAME {}.\n", domain, host_of(settings.provider.url));
  }
  return out;
}

}  // namespace postern::settings
