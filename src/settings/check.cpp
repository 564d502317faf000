// SPDX-License-Identifier: Apache-2.0
#include "settings/check.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <grp.h>

namespace postern::settings {
namespace {

namespace fs = std::filesystem;

constexpr size_t kSecretBytesMax = 4'096;

void secret_file(const std::string& path, Environment& out) {
  out.checked.push_back("secret file " + path);
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  const auto fault = [&](Errc code, std::string what, std::string fix) {
    out.faults.push_back({code, std::move(what), path, std::move(fix)});
  };
  if (status.type() == fs::file_type::not_found)
    return fault(Errc::not_found, "the secret file does not exist", "write the shared secret into its first line");
  if (status.type() == fs::file_type::none) return fault(Errc::io, error.message(), "");
  if (status.type() != fs::file_type::regular)
    return fault(Errc::bad_input, "the secret file is not a regular file", "name a file");
  const fs::perms others = fs::perms::others_read | fs::perms::others_write;
  if ((status.permissions() & others) != fs::perms::none)
    fault(Errc::denied, "others may read or write the secret file", fmt::format("chmod o= {}", path));
  const auto size = fs::file_size(path, error);
  if (!error && size == 0) fault(Errc::bad_input, "the secret file is empty", "write the shared secret into it");
  if (!error && size > kSecretBytesMax)
    fault(Errc::limit, fmt::format("the secret file is larger than {} bytes", kSecretBytesMax),
          "is it the right file?");
}

void certificates(const std::string& path, Environment& out) {
  out.checked.push_back("certificates " + path);
  std::error_code error;
  if (!fs::is_regular_file(path, error))
    out.faults.push_back(
        {Errc::not_found, "there is no such file of certificates", path, "apt install ca-certificates"});
}

// The DHCP server may come up later.
void lease_file(const std::string& path, Environment& out) {
  out.checked.push_back("lease file " + path);
  std::error_code error;
  const fs::file_status status = fs::symlink_status(path, error);
  if (status.type() == fs::file_type::not_found) {
    out.hints.push_back(path + " does not exist yet: does Kea write it (lease-database of type memfile, persist)?");
  } else if (status.type() != fs::file_type::regular) {
    out.faults.push_back({Errc::bad_input, "the lease file is not a regular file", path,
                          "name the file itself; a symbolic link is not followed"});
  }
}

// A directory that must be there before anything starts.
void directory(const std::string& path, std::string_view what, std::string fix, Environment& out) {
  out.checked.push_back(fmt::format("{} {}", what, path));
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    out.faults.push_back({Errc::not_found, fmt::format("the {} does not exist", what), path, std::move(fix)});
  } else if (status.type() == fs::file_type::none) {
    out.faults.push_back({Errc::io, error.message(), path, {}});
  } else if (status.type() != fs::file_type::directory) {
    out.faults.push_back({Errc::bad_input, fmt::format("the {} is not a directory", what), path, "name a directory"});
  }
}

// A group that may use a socket.
void group(std::string_view key, const std::string& name, const std::string& socket, std::string fix,
           Environment& out) {
  if (name.empty()) return;
  out.checked.push_back(fmt::format("group {} of {}", name, key));
  if (::getgrnam(name.c_str()) == nullptr)
    out.faults.push_back(
        {Errc::not_found, fmt::format("{}: there is no group \"{}\"", key, name), socket, std::move(fix)});
}

}  // namespace

std::vector<std::string> hints_of(const Settings& s) {
  std::vector<std::string> out;
  static const Prefix kPrivate[] = {Prefix::of(IpAddress::v4(0x0a000000), 8), Prefix::of(IpAddress::v4(0xac100000), 12),
                                    Prefix::of(IpAddress::v4(0xc0a80000), 16),
                                    Prefix::of(IpAddress::v4(0x64400000), 10)};
  bool any_v4 = false;
  bool any_v6 = false;
  for (const Prefix& p : s.network.subscriber_prefixes) {
    (p.address.family == Family::v4 ? any_v4 : any_v6) = true;
    if (std::ranges::any_of(kPrivate, [&](const Prefix& range) { return range.contains(p); }))
      out.push_back(fmt::format(
          "network.subscriber_prefixes holds {}, which somebody translates (NAT): the gate must stand before the NAT, "
          "where each line still has its own address",
          to_string(p)));
  }
  if (!any_v6)
    out.push_back("network.subscriber_prefixes holds no IPv6: every IPv6 source is then unknown to the gate");
  if (!any_v4)
    out.push_back("network.subscriber_prefixes holds no IPv4: every IPv4 source is then unknown to the gate");
  if (s.notice.listen.empty())
    out.push_back(fmt::format("notice.listen is empty: nobody serves {}/r/REFERENCE, which every greeting names",
                              s.provider.url));
  if (s.radius_acct.listen.empty() && s.dhcp.servers.empty())
    out.push_back(
        "radius_acct.listen is empty: only subscribers with fixed prefixes are known, all others are unknown");
  for (const model::LeaseNameKind kind : s.dhcp.identify)
    if (!s.dhcp.servers.empty() && (kind == model::LeaseNameKind::client || kind == model::LeaseNameKind::hw))
      out.push_back(
          fmt::format("dhcp.identify holds {}: a customer whose device says a neighbour's is taken for the neighbour",
                      to_string(kind)));
  for (const auto& [name, length] :
       {std::pair("deadline", s.casework.rules.deadline), std::pair("block_deadline", s.casework.rules.block_deadline)})
    if (length < hours(1))
      out.push_back(fmt::format("casework.{} is {}: that is for a laboratory, customers have no time to answer", name,
                                to_string(length)));
  if (s.mail.relay.empty() && s.webhook.url.empty())
    out.push_back("neither [mail] nor [webhook] is set: only people who work off postern case calls tell customers");
  if (!s.mail.relay.empty() && s.mail.intake.empty())
    out.push_back("mail.intake is empty: a notice that bounces later counts as one that arrived");
  if (!s.gate.source_validation)
    out.push_back("gate.source_validation is off: a line can send from another line's address and be taken for it");
  if (!s.api.group.empty() && s.api.group == s.daemon.user)
    out.push_back(
        fmt::format("api.group is {}, whose processes need no API: give operators a group of their own", s.api.group));
  for (const auto& [name, c] : s.classes) {
    const bool limits = c.connections_per_min != 0 || c.networks_per_hour != 0;
    if (limits && c.verdict != model::Verdict::limited)
      out.push_back(fmt::format("class {} has limits but is {}: they have no effect", name, to_string(c.verdict)));
  }
  return out;
}

Environment check_environment(const Settings& s) {
  Environment out;
  out.hints = hints_of(s);
  for (const RadiusClient& client : s.radius_acct.clients) secret_file(client.secret_file, out);
  for (const std::string* secret : {&s.webhook.secret_file, &s.mail.password_file})
    if (!secret->empty()) secret_file(*secret, out);
  for (const std::string* ca : {&s.mail.ca_file, &s.webhook.ca_file})
    if (!ca->empty()) certificates(*ca, out);
  for (const RadiusCoaNas& nas : s.radius_coa.nases) secret_file(nas.secret_file, out);
  directory(s.store.directory, "store directory",
            fmt::format("install -d -m 0700 -o {} {}", s.daemon.user, s.store.directory), out);
  directory(fs::path(s.gate.pin_dir).parent_path().string(), "BPF file system", "mount -t bpf bpf /sys/fs/bpf", out);
  directory(fs::path(s.api.socket).parent_path().string(), "directory of the API socket",
            fmt::format("install -d -m 0755 {}", fs::path(s.api.socket).parent_path().string()), out);
  for (const DhcpServer& server : s.dhcp.servers)
    for (const std::string* file : {&server.leases4, &server.leases6})
      if (!file->empty()) lease_file(*file, out);
  group("api.group", s.api.group, s.api.socket,
        fmt::format("groupadd --system {}, then add operators: gpasswd -a NAME {}", s.api.group, s.api.group), out);
  if (!s.dnstap.listen_unix.empty()) {
    group("dnstap.group", s.dnstap.group, s.dnstap.listen_unix, "name the group that your resolver runs as", out);
    const std::string folder = fs::path(s.dnstap.listen_unix).parent_path().string();
    directory(folder, "directory of dnstap's socket", fmt::format("install -d -m 0755 {}", folder), out);
  }
  for (const std::string* socket : {&s.relay.listen_unix, &s.relay.milter_unix}) {
    if (socket->empty()) continue;
    group("relay.group", s.relay.group, *socket, "apt install postfix, or name the group of your mail server", out);
    const std::string folder = fs::path(*socket).parent_path().string();
    directory(folder, "directory of the relay's socket", fmt::format("install -d -m 0755 {}", folder), out);
  }
  out.unchecked = {
      "that listen addresses are this machine's and free",
      fmt::format("that user {} exists and may write {}", s.daemon.user, s.store.directory),
      "that interfaces with the names given exist and carry what they are said to",
      fmt::format("that {} answers and {} reads its mail", s.provider.url, s.provider.contact),
      "that the kernel can load the gate's programs",
      fmt::format("that packet marks {:#x} and {:#x} and routing table {} are free", s.gate.fwmark, s.gate.pass_mark,
                  s.gate.route_table),
      "that the NAS sends accounting here with the same secret",
  };
  return out;
}

}  // namespace postern::settings
