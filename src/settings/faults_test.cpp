// SPDX-License-Identifier: Apache-2.0
// What people read when postern.toml is wrong: the exact text for each kind of fault.
#include <algorithm>
#include <array>
#include <gtest/gtest.h>

#include "settings/settings.h"

namespace postern::settings {
namespace {

constexpr std::array<std::string_view, 2> kDetectors{"novelty", "outcome"};

constexpr std::string_view kProvider = R"([provider]
name = "Example ISP"
url = "https://mail-help.isp.example"
contact = "abuse@isp.example"
relay = ["203.0.113.25"]
)";
constexpr std::string_view kNetwork = R"([network]
subscriber_prefixes = ["198.51.100.0/24"]
subscriber_interfaces = ["sub*"]
uplink_interfaces = ["up0"]
)";

std::string faults(const std::string& text) {
  const Loaded loaded = load_text(text, "p.toml", kDetectors);
  return loaded ? "" : text_of(loaded.error());
}
// The sound parts take lines 1 to 9; `more` begins in line 10.
std::string after_sound(const std::string& more) {
  return faults(std::string(kProvider) + std::string(kNetwork) + more);
}
std::string with_network(const std::string& network) { return faults(std::string(kProvider) + network); }
std::string with_provider(const std::string& provider) { return faults(std::string(kNetwork) + provider); }

TEST(Faults, NoneInTheSoundParts) { EXPECT_EQ(after_sound(""), ""); }

TEST(Faults, MissingPartsSayWhatTheyNeed) {
  EXPECT_EQ(faults(""),
            "p.toml: section [provider] is missing (it needs name, url, contact, relay)\n"
            "p.toml: section [network] is missing (it needs subscriber_prefixes, subscriber_interfaces)\n");
  EXPECT_EQ(
      with_network("[network]\nsubscriber_prefixes = [\"198.51.100.0/24\"]\nsubscriber_interfaces = [\"e*\"]\n"),
      "p.toml:6:1: gate.guard needs network.uplink_interfaces (without it mail from the Internet to your own servers "
      "would be dropped; name them or set guard = false)\n");
  EXPECT_EQ(
      with_network("[network]\nsubscriber_prefixes = [\"198.51.100.0/24\"]\nsubscriber_interfaces = [\"e*\"]\n"
                   "uplink_interfaces = [\"up*\", \"wan?\"]\n"),
      "p.toml:9:29: gate.guard cannot match \"wan?\" (nftables knows one '*' at the end only: write the names)\n");
}

TEST(Faults, UnknownNamesComeWithASuggestion) {
  EXPECT_EQ(after_sound("[gtae]\n"), "p.toml:10:2: unknown section [gtae] (did you mean \"gate\"?)\n");
  EXPECT_EQ(after_sound("[gate]\nlines_mx = 5\n"),
            "p.toml:11:1: unknown key \"lines_mx\" in [gate] (did you mean \"lines_max\"?)\n");
  EXPECT_EQ(after_sound("[api]\nfoo = 5\n"),
            "p.toml:11:1: unknown key \"foo\" in [api] (known: socket, group, metrics)\n");
  EXPECT_EQ(after_sound("[detect.noveltyy]\n"),
            "p.toml:10:9: no detector is called \"noveltyy\" (did you mean \"novelty\"?)\n");
  EXPECT_EQ(after_sound("[[radius_acct.clients]]\n"),
            "p.toml:10:15: unknown key \"clients\" in [radius_acct] (did you mean \"client\"?)\n");
}

TEST(Faults, KeysOutsideOfASection) {
  EXPECT_EQ(faults("lines_max = 5000\n" + std::string(kProvider) + std::string(kNetwork)),
            "p.toml:1:1: key \"lines_max\" stands outside of any section (put it under [gate])\n");
}

TEST(Faults, SectionsOfTheWrongShape) {
  EXPECT_EQ(after_sound("[class]\nverdict = \"open\"\n"),
            "p.toml:11:1: [class] needs a name for what \"verdict\" is about (write [class.residential])\n");
  EXPECT_EQ(after_sound("[class.\"Big Ones\"]\n"),
            "p.toml:10:8: \"Big Ones\" is no name for a class (use lower-case letters, digits, _ and -, at most 32)\n");
  EXPECT_EQ(after_sound("[[gate]]\n"), "p.toml:10:1: gate must be a section, not a list (write [gate])\n");
  EXPECT_EQ(after_sound("[radius_acct.client]\naddress = \"192.0.2.1\"\n"),
            "p.toml:10:1: radius_acct.client is a list (write it as [[radius_acct.client]])\n");
}

TEST(Faults, WrongTypes) {
  EXPECT_EQ(after_sound("[gate]\nlines_max = \"many\"\n"),
            "p.toml:11:13: gate.lines_max must be a whole number, not text (write 1024 to 16777216 lines)\n");
  EXPECT_EQ(after_sound("[gate]\nguard = \"yes\"\n"),
            "p.toml:11:9: gate.guard must be true or false, not text (write it without quotes)\n");
  EXPECT_EQ(after_sound("[gate]\npin_dir = 5\n"),
            "p.toml:11:11: gate.pin_dir must be an absolute path, not a whole number (write \"/var/lib/postern\")\n");
  EXPECT_EQ(after_sound("[explainer]\nidle_timeout = 30\n"),
            "p.toml:11:16: explainer.idle_timeout must be a duration, not a whole number (write it in quotes with a "
            "unit: \"90s\", \"15m\", \"72h\")\n");
  EXPECT_EQ(
      after_sound("[notice]\nlisten = \"192.0.2.1:80\"\n"),
      "p.toml:11:10: notice.listen must be a list of addresses with port, not text (put it in brackets: [ … ])\n");
  EXPECT_EQ(after_sound("[casework]\ncase_score = true\n"),
            "p.toml:11:14: casework.case_score must be a number, not true or false (write 2.3 to 100.0 nats)\n");
  EXPECT_EQ(
      after_sound("[store]\ndirectory = 2026-11-22\n"),
      "p.toml:11:13: store.directory must be an absolute path, not a date or time (write \"/var/lib/postern\")\n");
}

TEST(Faults, OutOfRange) {
  EXPECT_EQ(after_sound("[gate]\nlines_max = 5\n"),
            "p.toml:11:13: gate.lines_max is 5, out of range (allowed: 1024 to 16777216 lines)\n");
  EXPECT_EQ(after_sound("[gate]\nfwmark = -1\n"),
            "p.toml:11:10: gate.fwmark is -1, out of range (allowed: 1 to 4294967295)\n");
  EXPECT_EQ(after_sound("[radius_acct]\ninterim_interval = \"10s\"\n"),
            "p.toml:11:20: radius_acct.interim_interval is 10s, out of range (allowed: 1m to 1d)\n");
  EXPECT_EQ(after_sound("[casework]\ncase_score = 1e300\n"),
            "p.toml:11:14: casework.case_score is 1e+300, out of range (allowed: 2.3 to 100.0 nats)\n");
  EXPECT_EQ(after_sound("[casework]\ncase_score = nan\n"),
            "p.toml:11:14: casework.case_score is nan, out of range (allowed: 2.3 to 100.0 nats)\n");
  EXPECT_EQ(after_sound("[casework]\ncase_score = 9.2005\n"),
            "p.toml:11:14: casework.case_score is 9.2005, which has more than three decimal places\n");
}

TEST(Faults, TextsThatAreNotWhatTheyMustBe) {
  EXPECT_EQ(after_sound("[class.x]\nverdict = \"opne\"\n"),
            "p.toml:11:11: class.x.verdict is \"opne\", which is not one of open, limited, explain, reject, drop (did "
            "you mean \"open\"?)\n");
  EXPECT_EQ(
      after_sound("[class.x]\nverdict = \"listed\"\n"),
      "p.toml:11:11: class.x.verdict is \"listed\", which is not one of open, limited, explain, reject, drop (did "
      "you mean \"limited\"?)\n");
  EXPECT_EQ(after_sound("[class.x]\ndestination_memory = \"30\"\n"),
            "p.toml:11:22: class.x.destination_memory: \"30\" is not a duration (write a whole number and one unit: "
            "500ms, 90s, 15m, 72h or 30d)\n");
  EXPECT_EQ(after_sound("[explainer]\nlisten4 = \"127.0.0.1\"\n"),
            "p.toml:11:11: explainer.listen4: \"127.0.0.1\" is not an address and port (write 192.0.2.1:1813 or "
            "[2001:db8::1]:1813)\n");
  EXPECT_EQ(after_sound("[explainer]\nlisten4 = \"127.0.0.1:0\"\n"),
            "p.toml:11:11: explainer.listen4: port 0 is no port (write 1 to 65535)\n");
  EXPECT_EQ(after_sound("[daemon]\nuser = \"Post ern\"\n"),
            "p.toml:11:8: daemon.user is \"Post ern\", which is not a name of lower-case letters, digits, _ and -, at "
            "most 32 (write it like \"postern\")\n");
}

TEST(Faults, ProviderTexts) {
  EXPECT_EQ(with_provider(R"([provider]
name = "Ex\u001bISP"
url = "https://mail-help.isp.example/"
contact = "abuse"
relay = ["203.0.113.25"]
relay_host = "smtp_1.isp.example"
)"),
            "p.toml:6:8: provider.name is \"Ex\\u001bISP\", which is not one line of text without control characters "
            "(write it like \"Example ISP\")\n"
            "p.toml:7:7: provider.url is \"https://mail-help.isp.example/\", which is not an http:// or https:// URL "
            "without a trailing slash, query or fragment (write it like \"https://mail-help.isp.example\")\n"
            "p.toml:8:11: provider.contact is \"abuse\", which is not a mail address (write it like "
            "\"abuse@isp.example\")\n"
            "p.toml:10:14: provider.relay_host is \"smtp_1.isp.example\", which is not a host name (write it like "
            "\"relay.isp.example\")\n");
  EXPECT_EQ(with_provider("[provider]\nname = \"x\"\n"),
            "p.toml:5:1: [provider] lacks url (add url = \"https://mail-help.isp.example\")\n"
            "p.toml:5:1: [provider] lacks contact (add contact = \"abuse@isp.example\")\n"
            "p.toml:5:1: [provider] lacks relay (add relay = [\"203.0.113.25\", \"2001:db8:25::25\"])\n");
}

TEST(Faults, Prefixes) {
  EXPECT_EQ(
      with_network(R"([network]
subscriber_prefixes = ["198.51.100.0/24", "198.51.100.0/24", "0.0.0.0/0", "198.51.100.1/24", 7]
subscriber_interfaces = []
uplink_interfaces = ["up/0"]
dark = ["203.0.113.0/24"]
)"),
      "p.toml:7:43: network.subscriber_prefixes holds 198.51.100.0/24 twice (remove one)\n"
      "p.toml:7:62: network.subscriber_prefixes holds 0.0.0.0/0, wider than /8 (name the address space of your "
      "subscribers)\n"
      "p.toml:7:75: network.subscriber_prefixes: 198.51.100.1/24 has bits set past /24 (the network is "
      "198.51.100.0/24)\n"
      "p.toml:7:94: network.subscriber_prefixes must be a prefix, not a whole number (write \"192.0.2.0/24\" or "
      "\"2001:db8::/32\")\n"
      "p.toml:8:25: network.subscriber_interfaces must not be empty (for example [\"sub*\"])\n"
      "p.toml:9:22: network.uplink_interfaces is \"up/0\", which is not an interface name, * and ? allowed (write "
      "it like \"sub*\")\n"
      "p.toml:10:9: network.dark holds 203.0.113.0/24, which overlaps your relay 203.0.113.25/32 (everyone who "
      "uses the relay would look infected; dark addresses are those nobody uses)\n");
}

TEST(Faults, Sockets) {
  EXPECT_EQ(after_sound("[relay]\nlisten_unix = \"/run/x\"\nmilter_unix = \"/run/x\"\nmilter = [\"127.0.0.1:25\", "
                        "\"127.0.0.1:25\"]\n"),
            "p.toml:12:15: relay.milter_unix is relay.listen_unix (give it a path of its own)\n"
            "p.toml:13:27: 127.0.0.1:25 is listened on twice (give each listener its own port)\n");
}

TEST(Faults, Classes) {
  EXPECT_EQ(
      after_sound(R"([class.unknown]
verdict = "open"
[class.business]
verdict = "limited"
[class.x]
connections_burst = 3
networks_burst = 3
)"),
      "p.toml:11:11: class unknown cannot be open (it is for addresses that no live session owns; take explain, "
      "reject or drop)\n"
      "p.toml:13:11: class business is limited but has no limits (set connections_per_min or networks_per_hour, "
      "or make it open)\n"
      "p.toml:15:21: class.x.connections_burst is set without connections_per_min (a burst belongs to a rate: set "
      "both or none)\n"
      "p.toml:16:18: class.x.networks_burst is set without networks_per_hour (a burst belongs to a rate: set both "
      "or none)\n");
  EXPECT_EQ(after_sound("default_class = \"busines\"\n[class.business]\n"),
            "p.toml:10:17: there is no class \"busines\" (did you mean \"business\"?)\n");
}

TEST(Faults, BetweenSections) {
  EXPECT_EQ(after_sound(R"([explainer]
listen4 = "[::1]:2525"
[notice]
listen = ["192.0.2.1:80", "192.0.2.1:80", "[::1]:2525"]
[radius_acct]
listen = ["192.0.2.1:1813", "192.0.2.1:1813"]
[gate]
route_table = 254
pass_mark = 1
)"),
            "p.toml:11:11: explainer.listen4 is [::1]:2525, not an IPv4 address (listen4 is for IPv4, listen6 for "
            "IPv6)\n"
            "p.toml:13:27: 192.0.2.1:80 is listened on twice (give each listener its own port)\n"
            "p.toml:13:43: [::1]:2525 is listened on twice (give each listener its own port)\n"
            "p.toml:15:10: radius_acct listens but knows no client (add a [[radius_acct.client]] with the address and "
            "secret_file of the NAS)\n"
            "p.toml:15:29: 192.0.2.1:1813 is listened on twice (give each listener its own port)\n"
            "p.toml:17:15: gate.route_table is 254, which the kernel uses itself (take another number, for example "
            "2525)\n"
            "p.toml:18:13: gate.pass_mark 0x1 shares bits with gate.fwmark 0x2525 (a steered packet would look passed; "
            "take other bits)\n");
  EXPECT_EQ(after_sound("[[radius_acct.client]]\naddress = \"192.0.2.1\"\nsecret_file = \"/s\"\n"
                        "[[radius_acct.client]]\naddress = \"192.0.2.1/32\"\n"),
            "p.toml:10:1: radius_acct has clients but listens nowhere (add radius_acct.listen = "
            "[\"203.0.113.20:1813\"])\n"
            "p.toml:13:1: [radius_acct.client] lacks secret_file (add secret_file = \"/etc/postern/radius.secret\")\n"
            "p.toml:13:1: radius_acct.client 192.0.2.1/32 is there twice (one network has one secret; remove one)\n");
  EXPECT_EQ(
      after_sound(R"([[radius_coa.nas]]
name = "bng1"
address = "192.0.2.1:3799"
source = "2001:db8::1"
secret_file = "/s"
methods = []
[[radius_coa.nas]]
name = "bng1"
address = "192.0.2.2:3799"
secret_file = "/s"
[radius_auth]
listen = ["127.0.0.1:8813"]
[class.postern-garden]
)"),
      "p.toml:10:1: source and address of \"bng1\" are of two families (both IPv4 or both IPv6)\n"
      "p.toml:10:1: \"bng1\" has no methods (leave the key out for the default)\n"
      "p.toml:16:1: two of [[radius_coa.nas]] have the name \"bng1\" (one NAS has one section)\n"
      "p.toml:21:10: radius_auth listens but nobody may ask (name your RADIUS server in radius_auth.allow)\n"
      "p.toml:22:1: no class can have the name postern-garden (it is the RADIUS Class of a session in the garden, "
      "which keeps the class of its line)\n");
  EXPECT_EQ(after_sound("[explainer]\nlisten4 = \"\"\nlisten6 = \"\"\n"),
            "p.toml:11:11: class residential explains but the explainer listens nowhere (set explainer.listen4 or "
            "listen6, or make the class reject)\n");
  EXPECT_EQ(with_network("[network]\nsubscriber_prefixes = [\"198.51.100.0/24\"]\nsubscriber_interfaces = [\"e*\"]\n"
                         "uplink_interfaces = [\"e*\"]\n"),
            "p.toml:9:22: \"e*\" is both a subscriber and an uplink interface (an interface is one)\n");
}

TEST(Faults, WhatOthersSay) {
  const auto says = [](const std::string& more, std::string_view what) {
    const std::string said = after_sound(more);
    EXPECT_NE(said.find(what), std::string::npos) << more << "\n" << said;
  };
  const std::string intake = "[mail]\nintake = [\"127.0.0.1:2424\"]\n";
  EXPECT_EQ(after_sound(intake + "[feedback]\ntraps = [\"old@isp.example\"]\n"), "");
  EXPECT_EQ(after_sound("[reputation]\nresolvers = [\"192.0.2.53\"]\nwatch = [\"198.51.100.0/24\", "
                        "\"2001:db8::/48\"]\n[[reputation.list]]\nzone = \"a.example\"\n"),
            "");
  says(intake, "mail.intake needs mail.bounces, feedback.address or feedback.traps");
  says("[feedback]\naddress = \"fbl@isp.example\"\n", "feedback needs mail.intake");
  says("[feedback]\nreporters = [\"fbl.example\"]\n", "feedback.reporters without feedback.authserv_id");
  says(intake + "bounces = \"b@isp.example\"\n[feedback]\naddress = \"B@isp.example\"\n",
       "feedback.address is mail.bounces");
  says(intake + "[feedback]\naddress = \"f@isp.example\"\ntraps = [\"f@isp.example\"]\n",
       "the trap f@isp.example is feedback.address");
  says("[[reputation.list]]\nzone = \"a.example\"\n", "reputation.resolvers, which is empty");
  says("[reputation]\nwatch = [\"2001:db8::/40\"]\n", "reputation.watch holds more than 1048576 addresses");
  says(
      "[reputation]\nresolvers = [\"192.0.2.53\"]\n[[reputation.list]]\nzone = \"a.example\"\n"
      "[[reputation.list]]\nzone = \"a.example\"\n",
      "a.example is there twice");
}

TEST(Faults, LogsOfNats) {
  const std::string whose = "nat_logged = [\"192.0.2.64/26\"]\n";
  const std::string senders = "nat_log_senders = [\"100.64.0.1\"]\n";
  const std::string listens = "nat_log = [\"192.0.2.1:5514\"]\n";
  EXPECT_EQ(after_sound("[who]\n" + whose + senders + listens), "");
  const auto says = [](const std::string& text, std::string_view what) {
    EXPECT_NE(after_sound("[who]\n" + text).find(what), std::string::npos) << after_sound("[who]\n" + text);
  };
  says(whose, "who.nat_logged needs flow_export.listen or who.nat_log");
  says(whose + listens, "who.nat_log needs who.nat_logged and who.nat_log_senders");
  says(senders + listens, "who.nat_log needs who.nat_logged and who.nat_log_senders");
  says(whose + senders + "nat_log = [\"192.0.2.1:5514\", \"192.0.2.1:5514\"]\n", "192.0.2.1:5514 is listened on twice");
}

TEST(Faults, MirrorPortsAreNamedOnce) {
  EXPECT_EQ(after_sound("[mirror]\ninterfaces = [\"eth3\", \"eth4\"]\nring = 32\n"), "");
  for (const char* names : {"\"eth*\"", "\"eth3\", \"eth3\""})
    EXPECT_NE(after_sound(std::string("[mirror]\ninterfaces = [") + names + "]\n").find("is a pattern, or named twice"),
              std::string::npos)
        << names;
}

TEST(Faults, SyntaxFaultsDoNotHideTheRest) {
  EXPECT_EQ(after_sound("[gate]\nlines_max = 5\nguard = yes\npin_dir = \"/x\nfwmark = \n[api]\nsocket = 7\n"),
            "p.toml:11:13: gate.lines_max is 5, out of range (allowed: 1024 to 16777216 lines)\n"
            "p.toml:12:9: value: could not determine value type (texts, durations and addresses stand in quotes)\n"
            "p.toml:13:14: string: unescaped control characters other than TAB (U+0009) are explicitly prohibited\n"
            "p.toml:14:10: key-value pair: expected value, saw '\\n'\n"
            "p.toml:16:10: api.socket must be an absolute path, not a whole number (write \"/var/lib/postern\")\n");
}

TEST(Faults, OneMistakeInAListIsOneFault) {
  const std::string text = faults("[provider]\nrelay = [\n  \"203.0.113.25\",\n\nname = \"x\"\nurl = \"y\"\n");
  EXPECT_EQ(std::ranges::count(text, '\n'), 1) << text;
}

TEST(Faults, LimitsAreKept) {
  EXPECT_EQ(faults(std::string(kFileBytesMax + 1, ' ')),
            "p.toml: is 1048577 bytes, more than 1048576 (is it the right file?)\n");
  EXPECT_EQ(after_sound("[gate]\npin_dir = \"/" + std::string(2000, 'x') + "\"\n"),
            "p.toml:11:11: gate.pin_dir is longer than 1024 bytes\n");
  std::string dots = "a";
  for (int i = 0; i < 100'000; ++i) dots += ".a";
  EXPECT_EQ(faults(dots + " = 1\n"),
            "p.toml:1: more than 16 dots outside strings (addresses and names stand in quotes)\n");
  std::string many;
  for (int i = 0; i < 600; ++i) many += "k" + std::to_string(i) + " = 1\n";
  const auto loaded = load_text(many, "p.toml", kDetectors);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().size(), Report::kFaultsMax + 1);
  EXPECT_EQ(loaded.error().back().text(), "p.toml: 102 more faults are not shown");
}

TEST(Faults, FilesThatCannotBeRead) {
  EXPECT_EQ(text_of(load_file("/nonexistent/postern.toml", kDetectors).error()),
            "open /nonexistent/postern.toml: No such file or directory\n");
  EXPECT_EQ(text_of(load_file("/", kDetectors).error()), "/: is a directory (name the file in it)\n");
}

}  // namespace
}  // namespace postern::settings
