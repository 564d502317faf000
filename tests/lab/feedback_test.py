#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What others say of the network, with a real Postfix, OpenDKIM, Unbound and swaks, both families: feedback reports that are
proven, listed, new and about somebody are evidence and no others are; reports of relayed mail are the account's; mail to
traps is the line's; blocklists are tested before they are believed; receivers that grow cold and old mail are alarms."""

from __future__ import annotations

import email.utils
import json
import shutil
import socket
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path
from typing import Any

import lab
import mail_server

PROGRAMS = Path()
PORTS = (2532, 2592)
IN = 2526  # for mail from outside and from lines
COLD = 2599
REPORTERS = [f"fbl{n}.example" for n in range(1, 5)]
LISTS = [f"list{n}.example" for n in range(1, 5)]
CANARY = "canary-7f20c1"
# Line -> its addresses, the ones it uses first.
LINES = {"ann": ("10.64.0.1", "2001:db8:100:1::5"), "bob": ("10.64.0.2", "2001:db8:100:2::5"),
         "carl": ("10.64.0.3", "2001:db8:100:3::5"), "dave": ("10.64.0.4", "2001:db8:100:4::1"),
         "eve": ("10.64.0.5", "2001:db8:100:5::1")}
RELAY = "203.0.113.25"

SETTINGS = """
[mail]
intake = ["127.0.0.1:2424"]
[feedback]
address = "fbl@isp.example"
reporters = [{reporters}]
authserv_id = "relay.isp.example"
traps = ["former@isp.example", "Sales-2009@isp.example"]
[relay]
mail_log = ["127.0.0.1:10514"]
[reputation]
resolvers = ["127.0.0.1"]
watch = ["10.64.0.4/32", "2001:db8:100:5::/64"]
queries_per_s = 100
every = "1s"
queue_age = "1m"
"""
MAIN = {
    "relay_domains": "isp.example, cold.example, warm.example",
    "transport_maps": "inline:{ { fbl@isp.example = lmtp:inet:[127.0.0.1]:2424 }, "
                      "{ former@isp.example = lmtp:inet:[127.0.0.1]:2424 }, "
                      "{ sales-2009@isp.example = lmtp:inet:[127.0.0.1]:2424 }, "
                      f"{{ cold.example = smtp:[127.0.0.1]:{COLD} }} }}",
    "smtpd_recipient_restrictions": "permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination",
    "smtpd_milters": "inet:127.0.0.1:8891", "milter_default_action": "tempfail", "enable_long_queue_ids": "yes",
}
SERVICES = f"""\
lmtp      unix - - n - - lmtp
smtp      unix - - n - - smtp
192.0.2.1:{IN} inet n - n - - smtpd
10.64.255.1:{IN} inet n - n - - smtpd
[2001:db8:ffff::1]:{IN} inet n - n - - smtpd
[2001:db8:1ff::1]:{IN} inet n - n - - smtpd
127.0.0.1:{COLD} inet n - n - - smtpd
  -o smtpd_milters=
  -o myhostname=mx.cold.example
  -o smtpd_recipient_restrictions=defer
"""
OPENDKIM = """\
Background no
Syslog no
Mode v
Socket inet:8891@127.0.0.1
PidFile {home}/opendkim.pid
TemporaryDirectory {home}
UserID nobody:nogroup
Nameservers 127.0.0.1
AuthservID relay.isp.example
RemoveARFrom relay.isp.example
AlwaysAddARHeader yes
InternalHosts 192.0.2.254
"""
UNBOUND = """\
server:
  interface: 127.0.0.1
  username: ""
  chroot: ""
  directory: "{home}"
  pidfile: ""
  do-daemonize: no
  use-syslog: no
  logfile: "{home}/unbound.log"
  local-zone: "." static
{data}
remote-control:
  control-enable: yes
  control-interface: {home}/unbound.ctl
"""


def reversed_name(address: str, zone: str) -> str:
    packed = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
    labels = [f"{b & 15:x}.{b >> 4:x}" for b in reversed(packed)] if ":" in address else [str(b) for b in reversed(packed)]
    return ".".join([*labels, zone])


class Names:
    """Unbound: the reporters' keys and the blocklists; entries come and go while it runs."""

    def __init__(self, home: Path, keys: dict[str, str]) -> None:
        tests = [f"{reversed_name(a, z)} A 127.0.0.2" for z in [*LISTS, "broken.example"] for a in
                 ("127.0.0.2", "::ffff:127.0.0.2")]
        tests += [f"{reversed_name('127.0.0.1', 'broken.example')} A 127.0.0.2",
                  f"{reversed_name('127.0.0.2', 'closed.example')} A 127.255.255.254"]
        data = "".join(f"  local-data: '{line}'\n" for line in
                       [*tests, *(f'k._domainkey.{d} TXT "{k}"' for d, k in keys.items())])
        self._config = home / "unbound.conf"
        self._config.write_text(UNBOUND.format(home=home, data=data))
        self._process = subprocess.Popen(["unbound", "-c", str(self._config)], preexec_fn=lab.die_with_parent)
        if not lab.came_true(lambda: self._control("status").returncode == 0, 20):
            raise RuntimeError("no Unbound:\n" + self._control("status").stderr)

    def _control(self, *words: str) -> subprocess.CompletedProcess[str]:
        return lab.sh("unbound-control", "-c", str(self._config), *words, check=False)

    def set(self, address: str, zone: str, answer: str = "127.0.0.4") -> None:
        done = self._control("local_data", f"{reversed_name(address, zone)} 1 A {answer}")
        if done.returncode != 0:
            raise RuntimeError(done.stdout + done.stderr)

    def unset(self, address: str, zone: str) -> None:
        self._control("local_data_remove", reversed_name(address, zone))

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


class LogFeed:
    """Postfix's log to Postern, as an operator's rsyslog does: a line each over TCP, from the file as it grows."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with socket.create_connection(("127.0.0.1", 10514)) as to, open(self._file, "rb") as file:
            while not self._over.is_set():
                if part := file.read():
                    to.sendall(part)
                else:
                    time.sleep(0.1)

    def close(self) -> None:
        self._over.set()
        self._thread.join(10)


class Feedback(unittest.TestCase):
    lab: lab.Lab
    server: mail_server.MailServer
    names: Names
    home: Path

    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = lab.Lab(PROGRAMS)
        cls.addClassCleanup(cls.lab.close)
        cls._addresses()
        cls.server = mail_server.MailServer(MAIN, SERVICES, PORTS)
        cls.addClassCleanup(cls.server.close)
        cls.home = cls.lab.directory / "peers"
        cls.home.mkdir(mode=0o777)
        cls.home.chmod(0o777)
        cls.names = Names(cls.home, {d: cls._key(d) for d in [*REPORTERS, "stranger.example"]})
        cls.addClassCleanup(cls.names.close)
        (cls.home / "opendkim.conf").write_text(OPENDKIM.format(home=cls.home))
        dkim = subprocess.Popen(["opendkim", "-f", "-x", str(cls.home / "opendkim.conf")], preexec_fn=lab.die_with_parent)
        cls.addClassCleanup(lambda: (dkim.kill(), dkim.wait()))
        cls.server.start()
        with open(cls.lab.directory / "postern.toml", "a") as out:
            out.write(SETTINGS.format(reporters=", ".join(f'"{r}"' for r in REPORTERS)))
            for zone in [*LISTS, "broken.example", "closed.example"]:
                out.write(f'[[reputation.list]]\nzone = "{zone}"\n')
        cls.lab.start()
        rows = "".join(f"{key},residential,en,,,,{four}/32 {six.rsplit('::', 1)[0]}::/64\n"
                       for key, (four, six) in LINES.items())
        file = cls.lab.directory / "subscribers.csv"
        file.write_text("key,class,language,name,mail,phone,prefixes\n" + rows)
        done = cls.lab.cli("subscriber", "import", str(file))
        if done.returncode != 0:
            raise RuntimeError(done.stdout + done.stderr)
        cls.imported = time.monotonic()
        feed = LogFeed(cls.server.log)
        cls.addClassCleanup(feed.close)

    imported: float

    @classmethod
    def _addresses(cls) -> None:
        lab.sh("ip", "addr", "add", "2001:db8:1ff::1/64", "dev", "sub0", "nodad")
        lab.sh("ip", "addr", "add", "2001:db8:ffff::1/64", "dev", "up0", "nodad")
        lab.sh("ip", "route", "add", "2001:db8:100::/40", "via", "2001:db8:1ff::2")
        lab.sh(*cls.lab.internet.argv("ip", "addr", "add", "2001:db8:ffff::2/64", "dev", "eth0", "nodad"))
        script = "ip addr add 2001:db8:1ff::2/64 dev eth0 nodad; ip route add default via 2001:db8:1ff::1"
        for four, six in LINES.values():
            script += f"; ip addr add {four}/32 dev eth0; ip addr add {six}/128 dev eth0 nodad"
        lab.sh(*cls.lab.subscriber.argv("sh", "-c", script))

    @classmethod
    def _key(cls, domain: str) -> str:
        """A new key of that domain; what its name says of it."""
        private = cls.home / f"{domain}.key"
        lab.sh("openssl", "genrsa", "-out", str(private), "1024")
        public = lab.sh("openssl", "rsa", "-in", str(private), "-pubout").stdout
        return "v=DKIM1; k=rsa; p=" + "".join(public.splitlines()[1:-1])

    def report(self, reporter: str, about: str, *, sent: float | None = None, copied: str = "", kind: str = "abuse",
               over: str = "192.0.2.1", sign: bool = True, head: str = "") -> None:
        """A report of that reporter from the Internet side, signed with its key, by swaks."""
        at = email.utils.formatdate(time.time() if sent is None else sent)
        copied = copied or f"Received: from bot ([{about}]) by mx.{reporter} id 1; {at}\r\n"
        message = (f"{head}From: <fbl@{reporter}>\r\nTo: <fbl@isp.example>\r\nSubject: report\r\nMIME-Version: 1.0\r\n"
                   f"Date: {at}\r\nMessage-ID: <{time.monotonic_ns()}@{reporter}>\r\n"
                   'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n--b\r\n'
                   "Content-Type: text/plain\r\n\r\nan abuse report\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\n"
                   f"Feedback-Type: {kind}\r\nUser-Agent: test/1\r\nVersion: 1\r\nSource-IP: {about}\r\n"
                   f"Arrival-Date: {at}\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n{copied}"
                   f"Subject: {CANARY}\r\nMessage-ID: <1@{about.replace(':', '-')}>\r\n\r\n{CANARY}\r\n--b--\r\n")
        file = self.home / "report"
        file.write_bytes(message.encode())
        if sign:
            with open(file, "rb") as plain:
                signed = subprocess.run(["opendkim-testmsg", "-C", "-d", reporter, "-s", "k", "-k",
                                         str(self.home / f"{reporter}.key"), "-t", str(self.home)], stdin=plain,
                                        capture_output=True, check=True).stdout
            file.write_bytes(signed)
        self.swaks(self.lab.internet, over, "fbl@isp.example", "--from", f"fbl@{reporter}", "--data", f"@{file}")

    def swaks(self, where: lab.Peer, server: str, to: str, *more: str, interface: str = "") -> None:
        argv = ["swaks", "--server", server, "--port", str(IN), "--to", to, "--helo", "client.example", "--suppress-data",
                *more] + (["--local-interface", interface] if interface else [])
        done = lab.sh(*where.argv(*argv), check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr + self.log_of_mail())

    def log_of_mail(self) -> str:
        return "\n".join(self.server.log.read_text(errors="replace").splitlines()[-12:])

    def case(self, line: str) -> dict[str, Any] | None:
        listed = (self.lab.ask("case", "list") or {}).get("items", [])
        return next((c for c in listed if c["subscriber_key"] == line), None)

    def counters(self, role: str) -> dict[str, int]:
        roles = self.status().get("roles", {})
        return dict(roles.get(role, {}).get("counters", {}))

    def status(self) -> dict[str, Any]:
        return dict((self.lab.ask("status") or {}).get("engine", {}))

    def reputation(self) -> dict[str, Any]:
        return dict(self.lab.ask("reputation", "show") or {})

    def row(self, part: str, name: str) -> dict[str, Any]:
        rows = self.reputation().get(part, [])
        return next((r for r in rows if name in r.values()), {})

    def has_case(self, line: str, words: str) -> None:
        self.assertTrue(lab.came_true(lambda: self.case(line) is not None, 60, 0.3),
                        f"no case of {line}\n{self.counters('edge')}\n{self.status().get('counters')}\n{self.log_of_mail()}"
                        f"\n{self.lab.log_tail(12)}")
        self.assertIn(words, self.case(line)["summary"])

    def counted(self, role: str, name: str, value: int) -> None:
        self.assertTrue(lab.came_true(lambda: self.counters(role).get(name) == value, 30, 0.3),
                        f"{name} {self.counters(role)}\n{self.log_of_mail()}\n{self.lab.log_tail(12)}")

    def test_1_reports_of_both_families_are_complaints_once(self) -> None:
        sent = time.time()
        for n, reporter in enumerate(REPORTERS):
            self.report(reporter, LINES["ann"][0], sent=sent, over="192.0.2.1" if n % 2 else "2001:db8:ffff::1")
            self.report(reporter, LINES["bob"][1], sent=sent, kind="virus", over="2001:db8:ffff::1" if n % 2 else "192.0.2.1")
        self.has_case("ann", "4 complaints of receivers")
        self.has_case("bob", "4 complaints of receivers")
        self.report(REPORTERS[0], LINES["ann"][0], sent=sent)
        self.counted("edge", "feedback.reports_again_total", 1)
        self.counted("edge", "feedback.reports_taken_total", 8)
        self.assertTrue(lab.came_true(lambda: self.row("reporters", REPORTERS[0]).get("reports") == "3", 30, 0.3),
                        self.reputation())

    def test_2_what_is_not_proven_listed_or_ours_is_no_evidence(self) -> None:
        about = LINES["carl"][0]
        forged = "Authentication-Results: relay.isp.example; dkim=pass header.d=fbl1.example\r\n"
        self.report(REPORTERS[0], about, sign=False, head=forged)
        self.counted("edge", "feedback.reports_unproven_total", 1)
        self.report("stranger.example", about)
        self.counted("edge", "feedback.reports_unlisted_total", 1)
        self.assertTrue(lab.came_true(lambda: self.row("reporters", "stranger.example").get("listed") == "no", 30, 0.3),
                        self.reputation())
        self.report(REPORTERS[0], "198.51.100.9")
        self.counted("edge", "feedback.reports_not_ours_total", 1)
        self.report(REPORTERS[0], about, kind="not-spam")
        self.counted("edge", "feedback.reports_no_complaint_total", 1)
        # Before anybody had the address: nobody is judged.
        before = self.status()["counters"]["words_unsure"]
        self.report(REPORTERS[0], about, sent=time.time() - 7200)
        self.assertTrue(lab.came_true(lambda: self.status()["counters"]["words_unsure"] == before + 1, 30, 0.3),
                        self.status()["counters"])
        self.assertIsNone(self.case("carl"))

    def test_3_of_what_went_through_the_relay_the_account_is_accused(self) -> None:
        said = self.server.send("127.0.0.1", ["someone@warm.example"], auth=True)
        queue_id = next(w for line in said.splitlines() if "queued as" in line for w in line.split()[-1:])
        self.assertTrue(lab.came_true(lambda: self.counters("edge").get("mail_log.submitted_total", 0) >= 1, 30, 0.3),
                        self.counters("edge"))
        now = email.utils.formatdate()
        copied = (f"Received: from relay ([{RELAY}]) by mx.fbl1.example id 1; {now}\r\n"
                  f"Received: from pc (unknown [10.64.0.5]) by relay.isp.example (Postfix) with ESMTPSA id {queue_id}; {now}\r\n")
        for n, reporter in enumerate(REPORTERS[:2]):
            self.report(reporter, RELAY, copied=copied, over="192.0.2.1" if n else "2001:db8:ffff::1")
        self.assertTrue(lab.came_true(lambda: (self.lab.ask("account", "show", mail_server.USER) or {}).get(
            "level_account_complaint") == "4.6", 30, 0.3), f"{self.lab.ask('account', 'show', mail_server.USER)} "
                        f"{self.counters('edge')}")
        self.assertTrue(lab.came_true(lambda: self.row("accused", mail_server.USER).get("complaints") == "2", 30, 0.3),
                        self.reputation())
        self.assertIsNone(self.case("eve"), "its line is not what was complained of")

    def test_4_mail_to_traps_is_the_lines(self) -> None:
        self.swaks(self.lab.subscriber, "10.64.255.1", "former@isp.example", "--body", CANARY,
                   interface=LINES["carl"][0])
        self.counted("edge", "feedback.traps_taken_total", 1)
        self.swaks(self.lab.internet, "192.0.2.1", "former@isp.example", "--body", CANARY)
        self.counted("edge", "feedback.traps_not_ours_total", 1)
        self.assertIsNone(self.case("carl"), "one trap is no case")
        self.swaks(self.lab.subscriber, "2001:db8:1ff::1", "sales-2009@isp.example", interface=LINES["carl"][1])
        self.counted("edge", "feedback.traps_taken_total", 2)
        self.assertIn("to trap addresses", json.dumps(self.lab.ask("subscriber", "show", "carl")))

    def test_5_blocklists_are_tested_and_then_believed(self) -> None:
        self.assertTrue(lab.came_true(lambda: self.row("lists", LISTS[3]).get("ipv6") == "believed", 60, 0.3), self.reputation())
        self.assertEqual(self.row("lists", LISTS[0])["ipv4"], "believed")
        self.assertTrue(lab.came_true(lambda: self.row("lists", "broken.example").get("ipv4") == "failed"
                                      and self.row("lists", "closed.example").get("ipv4") == "refused", 60, 0.3),
                        self.reputation())
        # Clean while the lines have had their addresses for long enough to be sure of it.
        time.sleep(max(0.0, self.imported + 6 - time.monotonic()))
        rounds = self.counters("act")["reputation.rounds_total"]
        self.assertTrue(lab.came_true(lambda: self.counters("act")["reputation.rounds_total"] >= rounds + 3, 60, 0.3))
        self.names.set(RELAY, LISTS[0])
        for zone in LISTS:
            self.names.set(LINES["dave"][0], zone)
            self.names.set(LINES["eve"][1], zone)
        # What the whole list says of everything, nobody hears.
        self.names.set(RELAY, "broken.example")
        self.has_case("dave", "4 listings on blocklists")
        self.has_case("eve", "4 listings on blocklists")
        relay = f"{RELAY} {LISTS[0]}"
        self.assertTrue(lab.came_true(lambda: relay in json.dumps(self.status().get("faults")), 30, 0.3), self.status())
        self.assertEqual(self.row("listed", relay)["answer"], "127.0.0.4")
        self.assertNotIn("broken", json.dumps(self.reputation()["listed"]))
        self.assertIn("LIST", self.lab.cli("reputation", "show").stdout)
        self.names.unset(RELAY, LISTS[0])
        self.assertTrue(lab.came_true(lambda: relay not in json.dumps(self.status().get("faults")), 30, 0.3), self.status())
        self.assertTrue(lab.came_true(lambda: self.counters("act")["reputation.delistings_total"] >= 1, 30, 0.3))

    def test_6_a_receiver_that_grows_cold_is_an_alarm(self) -> None:
        self.server.send("127.0.0.1", [f"a{n}@cold.example" for n in range(24)])
        self.assertTrue(lab.came_true(lambda: self.row("receivers", "cold.example").get("state") == "cold", 60, 0.3),
                        f"{self.reputation().get('receivers')}\n{self.log_of_mail()}")
        self.assertTrue(lab.came_true(lambda: "cold.example" in json.dumps(self.status().get("faults")), 30, 0.3),
                        self.status())
        self.assertTrue(lab.came_true(lambda: self.reputation()["queue"]["waiting"] >= 1, 30, 0.3), self.reputation())

    def test_9_nothing_of_the_mails_is_kept(self) -> None:
        for file in (self.lab.log, *self.lab.state.rglob("*")):
            if file.is_file():
                self.assertNotIn(CANARY.encode(), file.read_bytes(), file)


if __name__ == "__main__":
    gone = mail_server.missing() or next((p for p in ("opendkim", "opendkim-testmsg", "unbound", "unbound-control")
                                          if shutil.which(p) is None), "")
    if gone:
        sys.exit(lab.skip(f"needs {gone}: see cmake/dev/packages.txt"))
    lab.enter()
    PROGRAMS = Path(sys.argv.pop(1)).resolve()
    unittest.main()
