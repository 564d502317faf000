#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The customer's side of the relay, with real Postfix, Dovecot and swaks over IPv4 and IPv6: what was counted stands on
the line's own page, a limit that is near is told and one that is reached opens a case where the class says so, who signs in
on port 25 is told, and clients that know nothing but the file or the DNS records of [autoconfig] send mail."""

from __future__ import annotations

import re
import shutil
import sys
import unittest
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import lab
import mail_server
from peers.zones import Zones

PROGRAMS = Path()
FORM = Path(__file__).resolve().parents[2] / "src" / "settings" / "reference" / "autoconfig" / "config-v1.1.rng"
PORTS = (2540, 2591)
RELAY = {"4": "203.0.113.25", "6": "2001:db8:25::25"}
LINES = ("cust-4", "cust-6", "asks-4", "asks-6", "ten-4", "ten-6")
CLASSES = {"cust": "residential", "asks": "asks", "ten": "ten"}
SETTINGS = """
[relay]
listen_unix = "{directory}/policy.sock"
[class.residential]
relay_messages_per_hour = 60
[class.asks]
relay_messages_per_hour = 2
relay_limit_opens_case = true
[class.ten]
relay_messages_per_hour = 10
[autoconfig]
domains = ["isp.example", "home.example"]
imap_host = "imap.isp.example"
sign_in = "local_part"
[notice]
listen = ["203.0.113.25:8080", "[2001:db8:25::25]:8080"]
[mail]
relay = ["127.0.0.1:{plain}"]
"""
# The relay's own addresses: 25 for lines by their session and for who still signs in there, 465 and 587 for whoever signs in.
SERVICES = "".join(f"""\
{host}:25 inet n - n - - smtpd
  -o smtpd_tls_security_level=may
  -o smtpd_tls_auth_only=yes
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_relay_restrictions=$asked
{host}:465 inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_relay_restrictions=$asked
{host}:587 inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_relay_restrictions=$asked
""" for host in ("203.0.113.25", "[2001:db8:25::25]"))


def address(line: str, family: str) -> str:
    n = LINES.index(line) + 1
    return f"10.64.1.{n}" if family == "4" else f"2001:db8:100:{n:x}::1"


class RelayCustomer(unittest.TestCase):
    lab: lab.Lab
    server: mail_server.MailServer

    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = lab.Lab(PROGRAMS)
        cls.addClassCleanup(cls.lab.close)
        cls.network()
        asked = (f"check_policy_service {{ unix:{cls.lab.directory}/policy.sock, timeout=5s, default_action=451 }}, "
                 "permit_sasl_authenticated, permit_mynetworks, reject")
        cls.server = mail_server.MailServer({"asked": asked, "mynetworks": "127.0.0.0/8 [::1]/128 10.64.0.0/16 "
                                             "[2001:db8:100::]/40"}, SERVICES, ports=PORTS)
        cls.addClassCleanup(cls.server.close)
        toml = cls.lab.directory / "postern.toml"
        toml.write_text(toml.read_text().replace('"203.0.113.25/32"', '"203.0.113.25/32", "2001:db8:25::25"')
                        + SETTINGS.format(directory=cls.lab.directory, plain=PORTS[0]))
        cls.lab.start()
        cls.server.start()
        rows = "".join(f"{key},{CLASSES[key[:-2]]},en,{key}@home.example,{address(key, '4')} "
                       f"2001:db8:100:{n:x}::/64,sub0,{mail_server.USER if key == 'cust-4' else ''}\n"
                       for n, key in enumerate(LINES, 1))
        file = cls.lab.directory / "subscribers.csv"
        file.write_text("key,class,language,mail,prefixes,access,accounts\n" + rows)
        done = cls.lab.cli("subscriber", "import", str(file))
        assert done.returncode == 0, done.stdout + done.stderr
        ready = lab.came_true(lambda: cls.counter("edge", "table_lines") >= 2 * len(LINES), 30)
        assert ready, "the edge has no table"

    @classmethod
    def network(cls) -> None:
        for a in RELAY.values():
            lab.sh("ip", "addr", "add", a, "dev", "lo", *(["nodad"] if ":" in a else []))
        lab.sh("ip", "addr", "add", "2001:db8:100:ffff::1/64", "dev", "sub0", "nodad")
        lab.sh("ip", "-6", "route", "add", "2001:db8:100::/40", "via", "2001:db8:100:ffff::2")
        inside = ["ip addr add 2001:db8:100:ffff::2/64 dev eth0 nodad", "ip -6 route add default via 2001:db8:100:ffff::1"]
        for line in LINES:
            inside += [f"ip addr add {address(line, '4')}/32 dev lo", f"ip addr add {address(line, '6')}/128 dev lo nodad"]
        lab.sh(*cls.lab.subscriber.argv("sh", "-ec", "\n".join(inside)))

    @classmethod
    def counter(cls, role: str, name: str) -> int:
        roles = (cls.lab.ask("status") or {}).get("engine", {}).get("roles", {})
        return roles.get(role, {}).get("counters", {}).get(name, 0)

    def send(self, line: str, family: str, *more: str) -> str:
        return lab.sh(*self.lab.subscriber.argv("swaks", "--server", RELAY[family], "--local-interface", address(line, family),
                                                "--from", "me@isp.example", "--to", "you@elsewhere.example", "--helo",
                                                "client.example", "--suppress-data", *more), check=False).stdout

    def fetch(self, line: str | None, family: str, path: str, language: str = "en") -> str:
        """A page of the notice listener, from a line or (without one) from this machine, which is none."""
        host = RELAY[family] if family == "4" else f"[{RELAY[family]}]"
        argv = ["curl", "-sS", "-m", "10", "-g", "-H", f"Accept-Language: {language}", f"http://{host}:8080{path}"]
        if line is None:
            return lab.sh(*argv).stdout
        return lab.sh(*self.lab.subscriber.argv(*argv, "--interface", address(line, family))).stdout

    def test_1_what_was_counted_stands_on_the_lines_own_page(self) -> None:
        sign_in = ("--port", "587", "--tls", "--auth", "PLAIN", "--auth-user", mail_server.USER, "--auth-password",
                   mail_server.PASSWORD)
        self.assertIn("250 2.0.0 Ok: queued", self.send("cust-4", "4"))
        self.assertIn("250 2.0.0 Ok: queued", self.send("cust-4", "6", *sign_in))
        counted = r"(?s){}</h3>\s*<table>.*?Messages, within one hour</td><td>{}</td><td>60</td>"
        for family in "46":
            page = self.fetch("cust-4", family, "/garden")
            self.assertRegex(page, counted.format("From this connection", 2))
            self.assertRegex(page, counted.format(f"With the mail account {mail_server.USER}", 1))
            self.assertIn("Von diesem Anschluss", self.fetch("cust-4", family, "/garden", "de"))
            # Nobody else: another line has its own numbers, and an address that is no line's none.
            other = self.fetch("cust-6", family, "/garden")
            self.assertRegex(other, counted.format("From this connection", 0))
            self.assertNotIn(mail_server.USER, other)
            self.assertNotIn("From this connection", self.fetch(None, family, "/garden"))
        self.assertEqual((self.lab.ask("status") or {})["engine"]["counters"]["usage_unread"], 0)

    def case(self, line: str) -> dict[str, Any]:
        rows = (self.lab.ask("case", "list", "--kind", "relay_limit") or {}).get("items", [])
        return next((r for r in rows if r["subscriber_key"] == line), {})

    def test_2_a_limit_opens_a_case_where_the_class_says_so(self) -> None:
        for family in "46":
            line = f"asks-{family}"
            for _ in range(2):
                self.assertIn("250 2.0.0 Ok: queued", self.send(line, family))
            self.assertRegex(self.send(line, family), r"450 4\.7\.1 .*limit of 2 messages within one hour")
            self.assertTrue(lab.came_true(lambda who=line: self.case(who).get("state") == "contacted", 60),
                            f"{self.case(line)}\n{self.lab.log_tail(12)}")
            case = self.case(line)
            self.assertIn("2 messages within one hour", case["summary"])
            self.assertEqual((case["grade"], case["restricted_at"], case["deadline_at"]), ("question", None, None))
            self.assertEqual([(a["notice"], a["channel"]) for a in case["contacts"]], [("relay_limit", "mail")])
            # Told once: by the notice, and not by a plain warning beside it.
            self.assertEqual(self.server.log_count(f"to=<{line}@home.example>"), 1)
            self.assertIn("A limit of your outgoing mail is reached", self.fetch(line, family, "/garden"))
            entry = self.lab.ask("explain", address(line, family)) or {}
            self.assertIn("class asks", entry["answer"], "nothing is restricted")

    def test_3_a_mail_program_sets_itself_up(self) -> None:
        for family in "46":
            path = "/mail/config-v1.1.xml?emailaddress=owner%40isp.example"
            told = self.fetch("cust-6", family, path)
            self.assertEqual(told, self.fetch(None, family, "/.well-known/autoconfig" + path))
            lab.sh("xmllint", "--noout", "--relaxng", str(FORM), "-", stdin=told)
            provider = ElementTree.fromstring(told).find("emailProvider")
            assert provider is not None
            self.assertEqual([d.text for d in provider.findall("domain")], ["isp.example", "home.example"])
            servers = provider.findall("outgoingServer")
            self.assertEqual([s.findtext("port") for s in servers], ["465", "587"])
            for server in servers:
                self.assertEqual(server.findtext("hostname"), "relay.isp.example")  # there is no DNS here
                user = (server.findtext("username") or "").replace("%EMAILLOCALPART%", "owner")
                tls = {"SSL": "--tlsc", "STARTTLS": "--tls"}[server.findtext("socketType") or ""]
                said = self.send("cust-6", family, "--port", server.findtext("port") or "", tls, "--auth", "PLAIN",
                                 "--auth-user", user, "--auth-password", mail_server.PASSWORD)
                self.assertIn("250 2.0.0 Ok: queued", said)
        toml = str(self.lab.directory / "postern.toml")
        self.assertEqual(self.lab.cli("relay", "autoconfig", "xml", toml).stdout, told, "the same file from the command")
        zone = self.lab.cli("relay", "autoconfig", "srv", toml).stdout
        self.assertRegex(zone, r"(?m)^_submissions\._tcp\.home\.example\. 3600 IN SRV 0 1 465 relay\.isp\.example\.$")
        german = self.lab.cli("relay", "autoconfig", "text", toml, "--language", "de").stdout
        self.assertTrue(re.search(r"Postausgang \(SMTP\): relay\.isp\.example, Port 465", german), german)

    def test_4_who_nears_a_limit_is_warned_once(self) -> None:
        for family in "46":
            code = ("import smtplib\n"
                    f"s = smtplib.SMTP('{RELAY[family]}', 25, source_address=('{address(f'ten-{family}', family)}', 0))\n"
                    "for n in range(9): s.sendmail('me@isp.example', ['you@elsewhere.example'], 'Subject: x\\n\\nx\\n')\n")
            lab.sh(*self.lab.subscriber.argv(sys.executable, "-c", code))
            told = f"to=<ten-{family}@home.example>"
            self.assertTrue(lab.came_true(lambda to=told: self.server.log_count(to) == 1, 30), self.lab.log_tail(12))
            self.assertIn("250 2.0.0 Ok: queued", self.send(f"ten-{family}", family), "the tenth is taken still")
            self.assertRegex(self.send(f"ten-{family}", family), r"450 4\.7\.1 .*limit of 10 messages within one hour")
            self.assertTrue(lab.came_true(lambda to=told: self.server.log_count(to) == 2, 30), "reached is told too")

    def test_5_who_signs_in_on_port_25_is_told_once(self) -> None:
        told = "to=<cust-4@home.example>"
        before = self.server.log_count(told)
        for family in "46":
            self.assertIn("250 2.0.0 Ok: queued", self.send("cust-6", family, "--port", "25", "--tls", "--auth", "PLAIN",
                                                            "--auth-user", mail_server.USER, "--auth-password",
                                                            mail_server.PASSWORD))
        self.assertTrue(lab.came_true(lambda: self.server.log_count(told) > before, 30), self.lab.log_tail(12))
        self.assertEqual(self.lab.log.read_text(errors="replace").count("RELAY_AUTH_ON_25"), 1)
        self.assertEqual(self.server.log_count(told), before + 1)

    def test_6_a_client_that_only_knows_the_address_finds_the_server_by_srv_records(self) -> None:
        """What the command prints is a zone of a real name server, and msmtp makes its settings of it (RFC 6186, RFC 8314)."""
        toml = str(self.lab.directory / "postern.toml")
        printed = self.lab.cli("relay", "autoconfig", "srv", toml).stdout
        host = "".join(f"relay.isp.example. 60 IN {'AAAA' if ':' in a else 'A'} {a}\n" for a in RELAY.values())
        zones = {name: "".join(line + "\n" for line in printed.splitlines() if f"{name}. 3600 " in line) for name in
                 ("isp.example", "home.example")}
        self.assertEqual(sum(z.count(" IN ") for z in zones.values()), printed.count(" IN "), "none is left out")
        zones["isp.example"] += host
        names = Zones(self.lab.directory / "zones", list(RELAY.values()), zones)
        self.addCleanup(names.close)
        for family, user in zip("46", ("owner@isp.example", "owner@home.example"), strict=True):
            made = lab.sh(*self.lab.subscriber.argv("msmtp", f"--configure={user}")).stdout
            self.assertRegex(made, r"(?m)^host relay\.isp\.example$")
            self.assertRegex(made, r"(?m)^port 465$")
            config = self.lab.directory / f"msmtprc{family}"
            config.write_text(f"{made}password {mail_server.PASSWORD}\ntls_trust_file {self.server.home}/mail.pem.crt\n")
            config.chmod(0o600)
            said = lab.sh(*self.lab.subscriber.argv("msmtp", "-v", "-C", str(config), "-a", user,
                                                    "--source-ip", address("cust-6", family), "you@elsewhere.example"),
                          stdin="Subject: x\n\nx\n", check=False)
            self.assertIn("250 2.0.0 Ok: queued", said.stdout, made + said.stdout + said.stderr)


if __name__ == "__main__":
    peers = ("msmtp", "unbound", "unbound-control", "xmllint")
    if program := mail_server.missing() or next((p for p in peers if not shutil.which(p)), ""):
        sys.exit(lab.skip(f"{program} is not installed"))
    lab.enter()
    PROGRAMS = Path(sys.argv.pop(1)).resolve()
    unittest.main()
