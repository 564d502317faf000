// SPDX-License-Identifier: Apache-2.0
#include "settings/cross_check.h"

#include <algorithm>
#include <fmt/format.h>
#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "model/plug.h"
#include "settings/table/suggest.h"

namespace postern::settings {
namespace {

constexpr size_t kUnixPathMax = 107;  // sun_path without its end
constexpr size_t kWhole = static_cast<size_t>(-1);
constexpr uint64_t kWatchedMost = uint64_t{1} << 20;  // observe/reputation/round.h

class Checker {
 public:
  Checker(const Settings& s, const Node& root, Report& report) : s_(s), root_(root), report_(report) {}

  void run() {
    prefixes();
    interfaces();
    classes();
    explainer();
    radius();
    listeners();
    plug();
    gate();
    channels();
    relay();
    autoconfig();
    who();
    decoys();
    unix_sockets();
    feedback();
    reputation();
    dhcp();
    mirror();
  }

 private:
  using Path = std::initializer_list<std::string_view>;

  // The place of the deepest part of `path` that the file has, then of the list's item.
  [[nodiscard]] Position place(Path path, size_t item) const {
    const Node* node = &root_;
    for (const std::string_view key : path) {
      const Node* next = node->find(key);
      if (next == nullptr) return node == &root_ ? Position{} : node->at;
      node = next;
    }
    return item < node->items.size() ? node->items[item].at : node->at;
  }

  void fault(Path path, size_t item, std::string what, std::string fix) {
    report_.add(place(path, item), std::move(what), std::move(fix));
  }

  void twice(Path path, std::string_view name, const std::vector<Prefix>& list) {
    std::set<Prefix> seen;
    for (size_t i = 0; i < list.size(); ++i) {
      if (list[i].address && !seen.insert(list[i]).second)
        fault(path, i, fmt::format("{} holds {} twice", name, to_string(list[i])), "remove one");
    }
  }

  // `path` may not hold networks wider than this; 0 is the default of a place that could not be read.
  void too_wide(Path path, std::string_view name, const std::vector<Prefix>& list, uint8_t v4, uint8_t v6,
                std::string_view why) {
    for (size_t i = 0; i < list.size(); ++i) {
      const uint8_t least = list[i].address.family == Family::v4 ? v4 : v6;
      if (list[i].address && list[i].length < least)
        fault(path, i, fmt::format("{} holds {}, wider than /{}", name, to_string(list[i]), least), std::string(why));
    }
  }

  void prefixes() {
    twice({"provider", "relay"}, "provider.relay", s_.provider.relay);
    twice({"network", "subscriber_prefixes"}, "network.subscriber_prefixes", s_.network.subscriber_prefixes);
    twice({"network", "dark"}, "network.dark", s_.network.dark);
    too_wide({"provider", "relay"}, "provider.relay", s_.provider.relay, 16, 32,
             "port 25 to all of it would be open for every line; name the relay's own addresses");
    too_wide({"network", "subscriber_prefixes"}, "network.subscriber_prefixes", s_.network.subscriber_prefixes, 8, 12,
             "name the address space of your subscribers");
    const auto& dark = s_.network.dark;
    for (size_t i = 0; i < dark.size(); ++i) {
      for (const Prefix& relay : s_.provider.relay) {
        if (dark[i].address && relay.address && dark[i].overlaps(relay))
          fault(
              {"network", "dark"}, i,
              fmt::format("network.dark holds {}, which overlaps your relay {}", to_string(dark[i]), to_string(relay)),
              "everyone who uses the relay would look infected; dark addresses are those nobody uses");
      }
    }
  }

  void channels() {
    if (s_.mail.relay.size() > 1)
      fault({"mail", "relay"}, 1, "mail.relay has more than one address",
            "take the one of your relay's virtual address");
    if (s_.mail.require_tls && s_.mail.relay.empty())
      fault({"mail", "require_tls"}, kWhole, "mail.require_tls without mail.relay", "name the relay");
    if (!s_.mail.user.empty() && s_.mail.password_file.empty())
      fault({"mail", "user"}, kWhole, "mail.user needs mail.password_file", "name the file that holds its password");
    if (!s_.mail.intake.empty() && s_.mail.bounces.empty() && s_.feedback.address.empty() && s_.feedback.traps.empty())
      fault({"mail", "intake"}, kWhole, "mail.intake needs mail.bounces, feedback.address or feedback.traps",
            "an address of its own: what comes to it is read by no person");
    const Webhook& w = s_.webhook;
    if (w.url.empty()) return;
    if (w.address.size() != 1)
      fault({"webhook", "url"}, kWhole, "webhook.url needs webhook.address, one address and port",
            "the process that posts has no resolver: say where the host of the URL is");
    if (w.secret_file.empty())
      fault({"webhook", "url"}, kWhole, "webhook.url needs webhook.secret_file", "unsigned messages are not sent");
    if (w.url.starts_with("https://") && w.ca_file.empty())
      fault({"webhook", "url"}, kWhole, "an https URL needs webhook.ca_file",
            "/etc/ssl/certs/ca-certificates.crt, or the certificate of your own authority");
  }

  void autoconfig() {
    const Autoconfig& a = s_.autoconfig;
    if (a.domains.empty()) {
      if (!a.imap_host.empty() || !a.pop_host.empty())
        fault({"autoconfig"}, kWhole, "[autoconfig] has no domains", "name those of your customers' mail addresses");
      return;
    }
    if (s_.provider.relay_host.empty())
      fault({"autoconfig", "domains"}, kWhole, "autoconfig.domains needs provider.relay_host",
            "name the mail server that mail programs send through");
    if (a.imap_host.empty() && a.pop_host.empty())
      fault({"autoconfig", "domains"}, kWhole, "autoconfig.domains needs imap_host or pop_host",
            "mail programs take no account that cannot read mail");
  }

  void who() {
    for (size_t i = 0; i < s_.who.nats.size(); ++i) {
      const PortBlocks& n = s_.who.nats[i];
      if (!n.outside.address || !n.inside.address) continue;
      if (n.outside.address.family != Family::v4 || n.inside.address.family != Family::v4) {
        fault({"who", "nat"}, i, "who.nat is for IPv4", "IPv6 has no such NAT");
        continue;
      }
      const uint64_t blocks = n.ports == 0 ? 0 : (65'536 - n.first_port) / n.ports;
      const uint64_t room = blocks << (32 - n.outside.length);
      const uint64_t lines = uint64_t{1} << (32 - n.inside.length);
      if (room + (n.skip_ends ? 2 : 0) < lines)
        fault({"who", "nat"}, i,
              fmt::format("{} has room for {} blocks, {} has {} addresses", to_string(n.outside), room,
                          to_string(n.inside), lines),
              "write down the pool as the NAT has it");
    }
    for (size_t i = 0; i < s_.who.maps.size(); ++i) map_rule(s_.who.maps[i], i);
    logged();
  }

  void logged() {
    const auto& logged = s_.who.nat_logged;
    if (!logged.empty() && s_.flow_export.listen.empty() && s_.who.nat_log.empty())
      fault({"who", "nat_logged"}, kWhole, "who.nat_logged needs flow_export.listen or who.nat_log",
            "NATs send their logs there, as IPFIX or as lines of text");
    if (!s_.who.nat_log.empty() && (s_.who.nat_log_senders.empty() || logged.empty()))
      fault({"who", "nat_log"}, kWhole, "who.nat_log needs who.nat_logged and who.nat_log_senders",
            "name the outside addresses of the NATs, and who sends");
    for (size_t i = 0; i < logged.size(); ++i) {
      const auto same = [&](const Prefix& p) { return p.address && p.overlaps(logged[i]); };
      const bool formula = std::ranges::any_of(s_.who.nats, [&](const PortBlocks& n) { return same(n.outside); }) ||
                           std::ranges::any_of(s_.who.maps, [&](const MapRule& m) { return same(m.outside); });
      if (logged[i].address && formula)
        fault({"who", "nat_logged"}, i, fmt::format("{} is also outside of a NAT by formula", to_string(logged[i])),
              "a NAT works by formula or it logs");
      if (logged[i].address && std::ranges::any_of(s_.network.subscriber_prefixes, same))
        fault({"who", "nat_logged"}, i, fmt::format("{} is in network.subscriber_prefixes", to_string(logged[i])),
              "outside addresses are no line's own");
    }
  }

  void dhcp() {
    const Dhcp& d = s_.dhcp;
    if (!d.servers.empty() && d.identify.empty())
      fault({"dhcp", "identify"}, kWhole, "dhcp.identify is empty", "without any no lease is a line's");
    std::set<std::string> names;
    std::set<std::string> files;
    for (size_t i = 0; i < d.servers.size(); ++i) {
      const DhcpServer& server = d.servers[i];
      if (!server.name.empty() && !names.insert(server.name).second)
        fault({"dhcp", "server"}, i, fmt::format("two servers are called {}", server.name), "give each its own name");
      if (server.leases4.empty() && server.leases6.empty())
        fault({"dhcp", "server"}, i, "a server without leases4 and leases6", "name its lease file");
      for (const std::string* file : {&server.leases4, &server.leases6})
        if (!file->empty() && !files.insert(*file).second)
          fault({"dhcp", "server"}, i, fmt::format("{} is named twice", *file), "a file is one server's and family's");
    }
  }

  void mirror() {
    const auto& names = s_.mirror.interfaces;
    for (size_t i = 0; i < names.size(); ++i)
      if (names[i].find_first_of("*?") != std::string::npos || std::ranges::count(names, names[i]) > 1)
        fault({"mirror", "interfaces"}, i, fmt::format("\"{}\" is a pattern, or named twice", names[i]),
              "name the interface of each mirror port once");
  }

  void map_rule(const MapRule& m, size_t i) {
    if (!m.outside.address || !m.inside.address) return;
    if (m.outside.address.family != Family::v4 || m.inside.address.family != Family::v6)
      return fault({"who", "map"}, i, "outside is an IPv4 prefix and inside an IPv6 prefix", "as the rule has them");
    const uint32_t suffix = 32U - m.outside.length;
    if (m.inside.length + m.ea_bits > 64)
      fault({"who", "map"}, i, "inside and ea_bits are together more than 64 bits",
            "prefixes of lines end before the interface identifier (RFC 7597 section 5.2)");
    if (m.ea_bits > suffix && m.ea_bits - suffix + m.psid_offset > 16)
      fault({"who", "map"}, i, "a port has no room for psid_offset and the number of its port set",
            "ea_bits less the rest of the IPv4 address, and psid_offset, are at most 16");
  }

  void decoys() {
    const Decoy& d = s_.decoy;
    for (const DecoyHost& host : d.hosts) {
      const auto same = [&](const IpAddress& from) { return from.family == host.address.family; };
      if (d.probe_netns.empty() || !host.address || std::ranges::any_of(d.probe_from, same)) continue;
      fault({"decoy", "probe_netns"}, kWhole,
            fmt::format("decoy.probe_from has no address that could probe {}", to_string(host.address)),
            "name the address of that family that the namespace has");
      break;
    }
    if (d.probe_netns.empty() && !d.probe_from.empty())
      fault({"decoy", "probe_from"}, kWhole, "decoy.probe_from without decoy.probe_netns",
            "name the namespace, or take it out: what comes from these addresses is no evidence");
    std::set<Endpoint> seen;
    for (size_t i = 0; i < s_.decoy.hosts.size(); ++i) {
      const DecoyHost& host = s_.decoy.hosts[i];
      for (const Prefix& relay : s_.provider.relay)
        if (relay.contains(host.address))
          fault({"decoy", "host"}, i, fmt::format("the decoy {} is your relay", to_string(host.address)),
                "everyone who uses the relay would look infected; decoys are addresses nobody uses");
      for (const uint16_t port : host.listens())
        if (host.address && !seen.insert({host.address, port}).second)
          fault({"decoy", "host"}, i, fmt::format("{} is listened on twice", to_string(Endpoint{host.address, port})),
                "one address and port play one thing");
    }
  }

  void relay() {
    const Relay& r = s_.relay;
    if (s_.flow_export.by_origin && r.origins.empty())
      fault({"flow_export", "by_origin"}, kWhole, "flow_export.by_origin needs relay.origins",
            "without the table nobody knows whose an address is");
    if (!r.account_class.empty() && !s_.classes.contains(r.account_class))
      fault({"relay", "account_class"}, kWhole, fmt::format("there is no class \"{}\"", r.account_class),
            "name a class of this file");
    if (r.lock_mode == model::Mode::on && s_.webhook.url.empty())
      fault({"relay", "lock_mode"}, kWhole, "relay.lock_mode = \"on\" needs webhook.url",
            "only the hook can make a password invalid; without one an account is held (relay.hold_mode)");
    too_wide({"relay", "trusted"}, "relay.trusted", r.trusted, 16, 32,
             "all of it could send without limits; name your own machines");
    for (size_t i = 0; i < r.trusted.size(); ++i)
      for (const Prefix& inside : s_.network.subscriber_prefixes)
        if (r.trusted[i].address && inside.address && r.trusted[i].contains(inside))
          fault({"relay", "trusted"}, i,
                fmt::format("relay.trusted holds {}, where your subscribers are", to_string(r.trusted[i])),
                "a line that needs more gets a class with higher limits");
  }

  void interfaces() {
    const auto& inside = s_.network.subscriber_interfaces;
    const auto& outside = s_.network.uplink_interfaces;
    for (size_t i = 0; i < outside.size(); ++i) {
      if (!outside[i].empty() && std::ranges::find(inside, outside[i]) != inside.end())
        fault({"network", "uplink_interfaces"}, i,
              fmt::format("\"{}\" is both a subscriber and an uplink interface", outside[i]), "an interface is one");
    }
  }

  void classes() {
    std::vector<std::string_view> names;
    for (const auto& [name, c] : s_.classes) names.push_back(name);
    if (!s_.classes.contains(s_.network.default_class))
      fault({"network", "default_class"}, kWhole, fmt::format("there is no class \"{}\"", s_.network.default_class),
            suggestion(s_.network.default_class, names));
    for (const auto& [name, c] : s_.classes) one_class(name, c);
  }

  void one_class(const std::string& name, const Class& c) {
    using model::Verdict;
    const Path verdict = {"class", name, "verdict"};
    const std::string_view shown = to_string(c.verdict);
    if (name == "unknown" && (c.verdict == Verdict::open || c.verdict == Verdict::limited))
      fault(verdict, kWhole, fmt::format("class unknown cannot be {}", shown),
            "it is for addresses that no live session owns; take explain, reject or drop");
    if (c.verdict == Verdict::limited && c.connections_per_min == 0 && c.networks_per_hour == 0)
      fault(verdict, kWhole, fmt::format("class {} is limited but has no limits", name),
            "set connections_per_min or networks_per_hour, or make it open");
    if (c.connections_burst != 0 && c.connections_per_min == 0)
      fault({"class", name, "connections_burst"}, kWhole,
            fmt::format("class.{}.connections_burst is set without connections_per_min", name),
            "a burst belongs to a rate: set both or none");
    if (c.networks_burst != 0 && c.networks_per_hour == 0)
      fault({"class", name, "networks_burst"}, kWhole,
            fmt::format("class.{}.networks_burst is set without networks_per_hour", name),
            "a burst belongs to a rate: set both or none");
  }

  void family(std::string_view key, const Endpoint& e, Family wanted) {
    if (e.address && e.address.family != wanted)
      fault({"explainer", key}, kWhole,
            fmt::format("explainer.{} is {}, not an IPv{} address", key, to_string(e), wanted == Family::v4 ? 4 : 6),
            "listen4 is for IPv4, listen6 for IPv6");
  }

  void explainer() {
    family("listen4", s_.explainer.listen4, Family::v4);
    family("listen6", s_.explainer.listen6, Family::v6);
    if (s_.explainer.listen4.address || s_.explainer.listen6.address) return;
    for (const auto& [name, c] : s_.classes) {
      if (c.verdict != model::Verdict::explain) continue;
      fault({"explainer", "listen4"}, kWhole, fmt::format("class {} explains but the explainer listens nowhere", name),
            "set explainer.listen4 or listen6, or make the class reject");
      return;
    }
  }

  void gate() {
    const Gate& g = s_.gate;
    if (g.route_table >= 253 && g.route_table <= 255)
      fault({"gate", "route_table"}, kWhole,
            fmt::format("gate.route_table is {}, which the kernel uses itself", g.route_table),
            "take another number, for example 2525");
    if ((g.fwmark & g.pass_mark) != 0)
      fault({"gate", "pass_mark"}, kWhole,
            fmt::format("gate.pass_mark {:#x} shares bits with gate.fwmark {:#x}", g.pass_mark, g.fwmark),
            "a steered packet would look passed; take other bits");
    const Node* network = root_.find("network");
    const Node* uplinks = network == nullptr ? nullptr : network->find("uplink_interfaces");
    const bool given = uplinks != nullptr && (uplinks->kind != Node::Kind::array || !uplinks->items.empty());
    if (g.guard && network != nullptr && !given)
      fault({"network"}, kWhole, "gate.guard needs network.uplink_interfaces",
            "without it mail from the Internet to your own servers would be dropped; name them or set guard = false");
    for (size_t i = 0; g.guard && i < s_.network.uplink_interfaces.size(); ++i) {
      const std::string& name = s_.network.uplink_interfaces[i];
      const size_t at = name.find_first_of("*?");
      if (at != name.npos && (name[at] == '?' || at + 1 != name.size()))
        fault({"network", "uplink_interfaces"}, i, fmt::format("gate.guard cannot match \"{}\"", name),
              "nftables knows one '*' at the end only: write the names");
    }
  }

  void radius() {
    const RadiusAcct& r = s_.radius_acct;
    if (!r.listen.empty() && r.clients.empty())
      fault({"radius_acct", "listen"}, kWhole, "radius_acct listens but knows no client",
            "add a [[radius_acct.client]] with the address and secret_file of the NAS");
    if (r.listen.empty() && !r.clients.empty())
      fault({"radius_acct", "client"}, 0, "radius_acct has clients but listens nowhere",
            "add radius_acct.listen = [\"203.0.113.20:1813\"]");
    for (size_t i = 0; i < r.clients.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        const Prefix& a = r.clients[i].address;
        const Prefix& b = r.clients[j].address;
        if (a.address && a == b) {
          fault({"radius_acct", "client"}, i, fmt::format("radius_acct.client {} is there twice", to_string(a)),
                "one network has one secret; remove one");
          break;
        }
      }
    }
  }

  void plug() {
    std::set<std::string_view> names;
    const auto& nases = s_.radius_coa.nases;
    for (size_t i = 0; i < nases.size(); ++i) {
      if (!nases[i].name.empty() && !names.insert(nases[i].name).second)
        fault({"radius_coa", "nas"}, i, fmt::format("two of [[radius_coa.nas]] have the name \"{}\"", nases[i].name),
              "one NAS has one section");
      if (nases[i].source && nases[i].source.family != nases[i].address.address.family)
        fault({"radius_coa", "nas"}, i, fmt::format("source and address of \"{}\" are of two families", nases[i].name),
              "both IPv4 or both IPv6");
      for (const auto& [key, empty] :
           {std::pair{"identify", nases[i].identify.empty()}, {"methods", nases[i].methods.empty()}})
        if (empty)
          fault({"radius_coa", "nas"}, i, fmt::format("\"{}\" has no {}", nases[i].name, key),
                "leave the key out for the default");
    }
    const RadiusAuth& auth = s_.radius_auth;
    if (!auth.listen.empty() && auth.allow.empty())
      fault({"radius_auth", "listen"}, kWhole, "radius_auth listens but nobody may ask",
            "name your RADIUS server in radius_auth.allow");
    if (s_.classes.contains(std::string(model::kGardenClass)))
      fault({"class"}, kWhole, fmt::format("no class can have the name {}", model::kGardenClass),
            "it is the RADIUS Class of a session in the garden, which keeps the class of its line");
  }

  void unix_sockets() {
    const std::initializer_list<std::tuple<const char*, const char*, const std::string*>> sockets = {
        {"api", "socket", &s_.api.socket},
        {"relay", "listen_unix", &s_.relay.listen_unix},
        {"relay", "milter_unix", &s_.relay.milter_unix},
        {"dnstap", "listen_unix", &s_.dnstap.listen_unix}};
    std::map<std::string_view, std::string> taken;
    for (const auto& [section, key, path] : sockets) {
      const std::string name = fmt::format("{}.{}", section, key);
      if (path->size() > kUnixPathMax)
        fault({section, key}, kWhole, fmt::format("{} is longer than {} bytes", name, kUnixPathMax),
              "the kernel takes no longer socket path");
      if (path->empty()) continue;
      if (const auto [other, is_new] = taken.emplace(*path, name); !is_new)
        fault({section, key}, kWhole, fmt::format("{} is {}", name, other->second), "give it a path of its own");
    }
  }

  void feedback() {
    const Feedback& f = s_.feedback;
    const bool takes = !f.address.empty() || !f.traps.empty();
    if (takes && s_.mail.intake.empty())
      fault({"feedback"}, kWhole, "feedback needs mail.intake", "say where your Postfix hands its mail over, by LMTP");
    if (!f.reporters.empty() && f.authserv_id.empty())
      fault({"feedback", "reporters"}, kWhole, "feedback.reporters without feedback.authserv_id",
            "no report would be believed: name your relay as it writes Authentication-Results");
    if (!f.address.empty() && same_mailbox(f.address, s_.mail.bounces))
      fault({"feedback", "address"}, kWhole, "feedback.address is mail.bounces",
            "reports need an address of their own");
    for (size_t i = 0; i < f.traps.size(); ++i)
      for (const auto& [name, other] : {std::pair("mail.bounces", &s_.mail.bounces), {"feedback.address", &f.address}})
        if (!f.traps[i].empty() && same_mailbox(f.traps[i], *other))
          fault({"feedback", "traps"}, i, fmt::format("the trap {} is {}", f.traps[i], name),
                "who writes to it would look infected; traps are addresses that nobody has");
  }

  static bool same_mailbox(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
  }
  static char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

  void reputation() {
    const Reputation& r = s_.reputation;
    if (!r.lists.empty() && r.resolvers.empty())
      fault({"reputation", "list"}, 0, "lists are asked through reputation.resolvers, which is empty",
            "name your own resolver");
    uint64_t targets = 0;
    for (size_t i = 0; i < r.watch.size(); ++i) {
      const Prefix& p = r.watch[i];
      const unsigned whole = p.address.family == Family::v4 ? 32U : 64U;
      if (p.address) targets += p.length >= whole ? 1 : uint64_t{1} << std::min(whole - p.length, 32U);
      if (targets <= kWatchedMost) continue;
      fault({"reputation", "watch"}, i, fmt::format("reputation.watch holds more than {} addresses", kWatchedMost),
            "name smaller ranges; of IPv6 each /64 is one");
      break;
    }
    std::set<std::string> zones;
    for (size_t i = 0; i < r.lists.size(); ++i)
      if (!r.lists[i].zone.empty() && !zones.insert(r.lists[i].zone).second)
        fault({"reputation", "list"}, i, fmt::format("{} is there twice", r.lists[i].zone), "one list has one section");
  }

  void listeners() {
    std::set<Endpoint> tcp;
    for (const Endpoint& e : {s_.explainer.listen4, s_.explainer.listen6})
      if (e.address) tcp.insert(e);
    using Listens = std::initializer_list<std::tuple<const char*, const char*, const std::vector<Endpoint>*>>;
    const auto once = [&](const Listens& listens, std::set<Endpoint> taken) {
      for (const auto& [section, key, list] : listens)
        for (size_t i = 0; i < list->size(); ++i)
          if (const Endpoint& at = (*list)[i]; at.address && !taken.insert(at).second)
            fault({section, key}, i, fmt::format("{} is listened on twice", to_string(at)),
                  "give each listener its own port");
    };
    const Listens over_tcp = {
        {"notice", "listen", &s_.notice.listen}, {"relay", "listen", &s_.relay.listen},
        {"relay", "milter", &s_.relay.milter},   {"radius_auth", "listen", &s_.radius_auth.listen},
        {"mail", "intake", &s_.mail.intake},     {"dnstap", "listen", &s_.dnstap.listen},
        {"api", "metrics", &s_.api.metrics}};
    once(over_tcp, std::move(tcp));
    const auto& flows = s_.flow_export.listen;
    const Listens over_udp = {{"radius_acct", "listen", &s_.radius_acct.listen},
                              {"flow_export", "listen", &flows},
                              {"who", "nat_log", &s_.who.nat_log}};
    once(over_udp, {});
    if (!flows.empty() && s_.flow_export.exporters.empty())
      fault({"flow_export", "listen"}, kWhole, "flow_export listens, but no exporter may send",
            "name the routers in flow_export.exporters");
  }

  const Settings& s_;
  const Node& root_;
  Report& report_;
};

}  // namespace

void cross_check(const Settings& settings, const Node& root, Report& report) { Checker(settings, root, report).run(); }

}  // namespace postern::settings
