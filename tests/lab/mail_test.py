#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Notices and what comes back, with a real Postfix and a gateway: delivered with evidence; one contact however often
a process is killed on the way; refused, bounced later, answered by a machine, answered by a person; both families."""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import hmac
import http.server
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import lab
import mail_server

PROGRAMS = Path()
PORTS = (2526, 2588)
KEY = bytes(range(32))
HOLD, HOOK = 2529, 2600
INTAKE = {"4": "127.0.0.1:2424", "6": "[::1]:2424"}
LOCAL = {"4": "127.0.0.1", "6": "::1"}
PEOPLE = ("ann", "late", "held", "told", "zed", "shop", "nas", "back")

# What a rehearsal finds of each of these lines, so what its letter says.
CAMPAIGN = {"zed": "Please look at the devices on your connection", "shop": "Your mail server and port 25",
            "nas": "A device of yours sends mail directly", "back": ""}

MAIN = {
    "virtual_mailbox_domains": "home.example", "virtual_mailbox_base": "{home}/mail",
    "virtual_mailbox_maps": "inline:{ " + ", ".join(f"{{ {p}{f}@home.example = {p}{f}/ }}" for p in PEOPLE for f in "46")
    + " }",
    "virtual_uid_maps": "static:65534", "virtual_gid_maps": "static:65534", "virtual_minimum_uid": "1000",
    "relay_domains": "isp.example", "recipient_delimiter": "+",
    "recipient_bcc_maps": "inline:{ abuse@isp.example=notice-bounces@isp.example }",
    # late*@ and back*@ are taken, and refused by the server behind (the intake knows no such address): a real bounce.
    "transport_maps": "inline:{ " + ", ".join(f"{{ {a} = lmtp:inet:[127.0.0.1]:2424 }}" for a in (
        "notice-bounces@isp.example", *(f"{p}{f}@home.example" for p in ("late", "back") for f in "46"))) + " }",
    "smtpd_recipient_restrictions": "permit_mynetworks, reject_unauth_destination",
}
SERVICES = """\
virtual   unix - n n - - virtual
lmtp      unix - - n - - lmtp
"""


class Gateway(http.server.ThreadingHTTPServer):
    """Takes notices as the operator's gateway does, and looks at each signature."""

    def __init__(self, address: str) -> None:
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.got: list[dict[str, Any]] = []
        self.bad: list[str] = []
        super().__init__((address, HOOK), Hook)


class Hook(http.server.BaseHTTPRequestHandler):
    server: Gateway

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signed = b".".join((self.headers["webhook-id"].encode(), self.headers["webhook-timestamp"].encode(), body))
        right = "v1," + base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
        fresh = abs(time.time() - int(self.headers["webhook-timestamp"])) < 300
        if not hmac.compare_digest(right, self.headers["webhook-signature"]) or not fresh:
            self.server.bad.append(self.headers["webhook-signature"])
        self.server.got.append(json.loads(body) | {"id": self.headers["webhook-id"]})
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


class Holder:
    """Between the act role and Postfix: passes bytes on; while `holding`, what Postfix says after the data waits."""

    def __init__(self, address: str) -> None:
        self._family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._address = address
        self._listener = socket.create_server((address, HOLD), family=self._family)
        self.holding = threading.Event()
        self.held = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection((self._address, PORTS[0]))
                threading.Thread(target=self._pass, args=(client, server), daemon=True).start()
                threading.Thread(target=self._back, args=(server, client), daemon=True).start()

    @staticmethod
    def _pass(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while part := source.recv(65536):
                sink.sendall(part)
            sink.shutdown(socket.SHUT_WR)

    def _back(self, server: socket.socket, client: socket.socket) -> None:
        data = False
        with suppress(OSError):
            while part := server.recv(65536):
                if data and self.holding.is_set():
                    self.held.set()
                    while self.holding.is_set():
                        time.sleep(0.05)
                data = data or part.startswith(b"354")
                client.sendall(part)
            client.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self.holding.clear()
        self._listener.close()


class Family:
    """What the tests say, once over IPv4 and once over IPv6."""

    FAMILY = ""
    lab: lab.Lab
    server: mail_server.MailServer
    gateway: Gateway
    holder: Holder

    @classmethod
    def setUpClass(cls) -> None:
        there = LOCAL[cls.FAMILY]
        shown = f"[{there}]" if ":" in there else there
        cls.lab = lab.Lab(PROGRAMS)
        cls.addClassCleanup(cls.lab.close)
        main = {k: v.replace("lmtp:inet:[127.0.0.1]", f"lmtp:inet:[{there}]") for k, v in MAIN.items()}
        cls.server = mail_server.MailServer(main, SERVICES, PORTS)
        cls.addClassCleanup(cls.server.close)
        (cls.server.home / "mail").mkdir(mode=0o755)
        os.chown(cls.server.home / "mail", 65534, 65534)
        cls.server.start()
        cls.gateway = Gateway(there)
        threading.Thread(target=cls.gateway.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.gateway.server_close)
        cls.addClassCleanup(cls.gateway.shutdown)
        cls.holder = Holder(there)
        cls.addClassCleanup(cls.holder.close)
        secret = cls.lab.directory / "hook"
        secret.write_text("whsec_" + base64.b64encode(KEY).decode() + "\n")
        secret.chmod(0o600)
        settings = cls.lab.directory / "postern.toml"
        settings.write_text(settings.read_text() + f"""
[mail]
relay = ["{shown}:{HOLD}"]
bounces = "notice-bounces@isp.example"
intake = ["{INTAKE[cls.FAMILY]}"]
[webhook]
url = "http://gateway.isp.example/notices"
address = ["{shown}:{HOOK}"]
secret_file = "{secret}"
""")
        cls._lines()
        cls.lab.start()
        rows = "".join(f"{key},residential,en,Ann Example,{mail},+1 555 0100,{prefix}\n" for key, (mail, prefix) in
                       cls.people.items())
        file = cls.lab.directory / "subscribers.csv"
        file.write_text("key,class,language,name,mail,phone,prefixes\n" + rows)
        done = cls.lab.cli("subscriber", "import", str(file))
        if done.returncode != 0:
            raise RuntimeError(done.stdout + done.stderr)

    people: dict[str, tuple[str, str]]

    @classmethod
    def _lines(cls) -> None:
        """Each customer has an address on the subscriber's side; nothing answers on the other: SYNs are enough."""
        cls.people = {}
        six = cls.FAMILY == "6"
        if six:
            lab.sh("ip", "addr", "add", "2001:db8:1ff::1/64", "dev", "sub0", "nodad")
            lab.sh("ip", "addr", "add", "2001:db8:ffff::1/64", "dev", "up0", "nodad")
            lab.sh("ip", "route", "add", "2001:db8:100::/40", "via", "2001:db8:1ff::2")
            lab.sh("ip", "route", "add", "2001:db8:f000::/36", "via", "2001:db8:ffff::2")
            lab.sh(*cls.lab.subscriber.argv("sh", "-c", "ip addr add 2001:db8:1ff::2/64 dev eth0 nodad; "
                                                        "ip route add default via 2001:db8:1ff::1"))
            lab.sh(*cls.lab.internet.argv("ip", "addr", "add", "2001:db8:ffff::2/64", "dev", "eth0", "nodad"))
        for n, name in enumerate(("ann", "held", "nobody", "late", "told", "untold", *CAMPAIGN), 1):
            address = f"2001:db8:100:{n}::5" if six else f"10.64.0.{n}"
            cls.people[name] = (f"{name}{cls.FAMILY}@home.example", f"2001:db8:100:{n}::/64" if six else f"{address}/32")
            lab.sh(*cls.lab.subscriber.argv("ip", "addr", "add", address + ("/128" if six else "/32"), "dev", "eth0",
                                            *(["nodad"] if six else [])))

    def attack(self, name: str) -> list[str]:
        """Strangers' mail servers are contacted until there is a case; which ones."""
        six = self.FAMILY == "6"
        source = self.address(name)
        tried = [f"2001:db8:f{n:03x}::25" if six else f"198.51.{n}.25" for n in range(1, 13)]
        code = ("import socket,sys\nfor to in sys.argv[2:]:\n  s=socket.socket(socket.AF_INET6 if ':' in to else "
                "socket.AF_INET)\n  s.bind((sys.argv[1],0))\n  s.settimeout(1)\n  try: s.connect((to,25)); s.recv(99)\n"
                "  except OSError: pass\n  s.close()\n")
        lab.sh(*self.lab.subscriber.argv(sys.executable, "-c", code, source, *tried), timeout=120)
        self.assertTrue(lab.came_true(lambda: self.case(name), 60), f"no case of {name}\n{self.lab.log_tail(12)}")
        return tried

    def case(self, name: str) -> dict[str, Any] | None:
        listed = (self.lab.ask("case", "list") or {}).get("items", [])
        return next((c for c in listed if c["subscriber_key"] == name), None)

    def contacts(self, name: str) -> list[tuple[str, str]]:
        return [(a["channel"], a["state"]) for a in (self.case(name) or {}).get("contacts", [])]

    def told(self, name: str, *contacts: tuple[str, str], within: float = 60) -> None:
        self.assertTrue(lab.came_true(lambda: self.contacts(name) == list(contacts), within),
                        f"{name}: {self.contacts(name)}\n{self.lab.log_tail(12)}\n"
                        + "\n".join(self.server.log.read_text(errors="replace").splitlines()[-12:]))

    def mailbox(self, name: str) -> list[EmailMessage]:
        folder = self.server.home / "mail" / f"{name}{self.FAMILY}" / "new"
        found = [email.message_from_bytes(f.read_bytes(), policy=email.policy.default)
                 for f in sorted(folder.glob("*"))] if folder.is_dir() else []
        return [m for m in found if isinstance(m, EmailMessage)]

    def counters(self, role: str) -> dict[str, int]:
        roles = (self.lab.ask("status") or {}).get("engine", {}).get("roles", {})
        return dict(roles.get(role, {}).get("counters", {}))

    def test_1_the_notice_is_there_with_its_evidence_and_an_answer_confirms(self) -> None:
        tried = self.attack("ann")
        self.told("ann", ("mail", "sent"))
        self.assertTrue(lab.came_true(lambda: self.mailbox("ann"), 30))
        [notice] = self.mailbox("ann")
        number = str(self.case("ann")["contacts"][0]["id"])
        mark = re.fullmatch(r"<notice\.(\d+-[0-9a-z]{10})@isp\.example>", str(notice["Message-ID"]))
        self.assertIsNotNone(mark, notice["Message-ID"])
        self.assertTrue(mark[1].startswith(number + "-"))
        self.assertEqual(notice["Return-Path"], f"<notice-bounces+c{mark[1]}@isp.example>")
        named = re.findall(r"UTC  (\S+)  TCP 25", notice.get_content())
        self.assertTrue(named)
        self.assertLessEqual({a.strip() for a in named}, set(tried))
        answer = (f"In-Reply-To: {notice['Message-ID']}", f"References: {notice['Message-ID']}")
        sender = f"ann{self.FAMILY}@home.example"
        there = LOCAL[self.FAMILY]
        # A machine's answer, and one that guesses: neither counts. One after the other, or 1 s may hide a fault.
        self.server.send(there, ["abuse@isp.example"], sender=sender, headers=("Auto-Submitted: auto-replied", *answer))
        self.server.send(there, ["abuse@isp.example"], sender=sender,
                         headers=(f"In-Reply-To: <notice.{number}-0000000000@isp.example>",))
        self.assertTrue(lab.came_true(lambda: self.counters("edge").get("mail_intake.automatic_total") == 1
                                      and self.counters("edge").get("mail_intake.not_ours_total") == 1, 60),
                        self.counters("edge"))
        self.assertNotEqual(self.case("ann")["state"], "confirmed")
        self.server.send(there, ["abuse@isp.example"], sender=sender, headers=answer, body="I have a worm? Sorry!")
        self.assertTrue(lab.came_true(lambda: self.case("ann")["state"] == "confirmed", 60), self.case("ann"))
        shown = json.dumps(self.lab.ask("case", "show", str(self.case("ann")["id"])))
        self.assertIn("the notice was answered by mail", shown)
        self.assertNotIn("Sorry", shown)

    def test_2_killed_on_the_way_it_is_one_contact(self) -> None:
        self.holder.holding.set()
        self.addCleanup(self.holder.holding.clear)
        self.attack("held")
        self.assertTrue(self.holder.held.wait(60), self.lab.log_tail(12))
        for role in ("act", "brain"):
            pid = self.lab.role_pids()[role]
            os.kill(pid, signal.SIGKILL)
            self.assertTrue(lab.came_true(lambda role=role, pid=pid: self.lab.role_pids().get(role, pid) != pid, 30))
        self.holder.holding.clear()
        self.told("held", ("mail", "sent"), within=120)
        self.assertTrue(lab.came_true(lambda: len(self.mailbox("held")) >= 2, 30))
        self.assertEqual(len({m["Message-ID"] for m in self.mailbox("held")}), 1)
        self.assertEqual(len({m["Date"] for m in self.mailbox("held")}), 1)
        self.assertEqual(len({m.get_content() for m in self.mailbox("held")}), 1)

    def test_3_a_refused_recipient_goes_to_the_next_channel(self) -> None:
        self.attack("nobody")
        self.told("nobody", ("mail", "failed"), ("webhook", "sent"))
        self.assertIn("5.1.1", self.case("nobody")["contacts"][0]["detail"])
        [got] = [g for g in self.gateway.got if g["line"] == "nobody"]
        self.assertEqual(got["phone"], "+1 555 0100")
        self.assertEqual(got["id"], f"notice-{got['contact']}")
        self.assertEqual(self.gateway.bad, [])

    def test_4_a_later_bounce_goes_to_the_next_channel(self) -> None:
        self.attack("late")
        self.told("late", ("mail", "bounced"), ("webhook", "sent"), within=120)
        self.assertEqual(self.case("late")["contacts"][0]["detail"], "returned: 5.1.1")
        # A role reports its counters once a second: the case may know the bounce before the status does.
        self.assertTrue(lab.came_true(lambda: self.counters("edge").get("mail_intake.bounces_total") == 1, 30),
                        self.counters("edge"))
        self.assertEqual(self.gateway.bad, [])

    def test_5_a_campaign_tells_each_line_once_and_opens_no_case(self) -> None:
        file = self.lab.directory / "spring.csv"
        file.write_text("line,advice\ntold,relay\nuntold,check\n")

        def said(*words: str) -> str:
            done = self.lab.cli("case", "campaign", *words)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            return done.stdout

        self.assertIn("2 of 2 lines would be told; nothing was sent", said(str(file)))
        self.assertEqual((self.lab.ask("case", "campaign") or {}).get("items"), [])
        self.assertIn("2 of 2 lines are told", said(str(file), "--send"))

        def became() -> tuple[int, int]:
            [campaign] = self.lab.ask("case", "campaign")["items"]
            return campaign["sent"], len(self.mailbox("told"))

        self.assertTrue(lab.came_true(lambda: became() == (2, 1), 60), f"{became()}\n{self.lab.log_tail(12)}")
        [letter] = self.mailbox("told")
        self.assertEqual(str(letter["Subject"]), "A device of yours sends mail directly")
        self.assertIn("relay.isp.example", letter.get_content())
        [got] = [g for g in self.gateway.got if g["line"] == "untold"]
        self.assertEqual((got["type"], got["campaign"]), ("advice.check", "spring.csv"))
        self.assertIn("0 of 2 lines are told", said(str(file), "--send"))
        self.assertIsNone(self.case("told"))
        file.write_text("line,advice\nnosuch,relay\n")
        self.assertIn("1 rows name no subscriber (nosuch)", self.lab.cli("case", "campaign", str(file)).stderr)

    def test_6_what_a_rehearsal_found_is_told_once_whatever_is_killed_on_the_way(self) -> None:
        file = self.rehearsed()
        self.holder.holding.set()
        self.holder.held.clear()
        self.addCleanup(self.holder.holding.clear)
        self.assertEqual(self.sent_at_once(file, 2), ["0 of 4 lines are told", "4 of 4 lines are told"])
        self.assertTrue(self.holder.held.wait(60), self.lab.log_tail(12))
        for role in ("act", "brain"):
            pid = self.lab.role_pids()[role]
            os.kill(pid, signal.SIGKILL)
            self.assertTrue(lab.came_true(lambda role=role, pid=pid: self.lab.role_pids().get(role, pid) != pid, 30))
        self.holder.holding.clear()
        self.assertEqual(self.sent_at_once(file, 1), ["0 of 4 lines are told"])

        def became() -> dict[str, int]:
            return next(c for c in self.lab.ask("case", "campaign")["items"] if c["name"] == file.name)

        self.assertTrue(lab.came_true(lambda: became()["sent"] == 4, 120), f"{became()}\n{self.lab.log_tail(12)}")
        for line, subject in CAMPAIGN.items():
            self.assertTrue(lab.came_true(lambda who=line: self.mailbox(who) or not CAMPAIGN[who], 30), line)
            # What was on its way when its sender was killed comes again, as the same letter.
            self.assertEqual(len({m["Message-ID"] for m in self.mailbox(line)}), 1 if subject else 0, line)
            self.assertEqual({str(m["Subject"]) for m in self.mailbox(line)}, {subject} if subject else set())
        # The one that came back is known, and its line is told by the other channel, by the one number however often.
        told = {(g["line"], g["type"], g["campaign"], g["id"]) for g in self.gateway.got if g["line"] in CAMPAIGN}
        number = next(g["contact"] for g in self.gateway.got if g["line"] == "back")
        self.assertEqual(told, {("back", "advice.check", file.name, f"notice-{number}")})
        self.assertTrue(lab.came_true(lambda: self.counters("edge").get("mail_intake.bounces_total", 0) >= 1, 30))
        self.assertEqual([self.case(line) for line in CAMPAIGN], [None] * 4)

    def sent_at_once(self, file: Path, times: int) -> list[str]:
        socket_at = str(self.lab.directory / "api.sock")
        argv = [str(PROGRAMS / "postern"), "--socket", socket_at, "case", "campaign", str(file), "--send"]
        started = [subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) for _ in range(times)]
        return sorted(p.communicate(timeout=60)[0].partition(",")[0] for p in started)

    def rehearsed(self) -> Path:
        """The campaign that `postern rehearse` writes of a recording: two bots, a mail server and a device, worst first."""
        rows = []

        def flow(line: str, n: int, answered: bool, minute: int) -> None:
            mine, other = self.address(line), f"2001:db8:f{n:03x}::25" if self.FAMILY == "6" else f"198.51.{n}.25"
            for a, b, ports in ((mine, other, f"{4000 + n},25"), (other, mine, f"25,{4000 + n}"))[:1 + answered]:
                flags = ".AP.SF" if answered else "....S."
                rows.append(f"2026-01-05 10:{minute:02}:00,0,{a},{b},{ports},TCP,{flags},0,0,9,900,x\n")

        for n in range(1, 13):
            flow("zed", n, False, n)
            flow("back", n, False, n + 20)
            flow("shop", n, True, n * 4)
        flow("nas", 1, True, 5)
        recording, file = self.lab.directory / "recording.csv", self.lab.directory / "summer.csv"
        recording.write_text("te,td,sa,da,sp,dp,pr,flg,fwd,stos,pkt,byt,label\n" + "".join(rows))
        here = self.lab.directory
        done = lab.sh(str(PROGRAMS / "postern"), "rehearse", "--policy", str(here / "postern.toml"), "--subscribers",
                      str(here / "subscribers.csv"), "--campaign", str(file), str(recording))
        found = file.read_text().splitlines()[1:]
        self.assertEqual(sorted(found), ["back,check", "nas,relay", "shop,permit", "zed,check"], done.stdout)
        self.assertIn(found[0], ("back,check", "zed,check"), "worst first")
        return file

    def address(self, name: str) -> str:
        return self.people[name][1].replace("::/64", "::5").removesuffix("/32")


class Over4(Family, unittest.TestCase):
    FAMILY = "4"


class Over6(Family, unittest.TestCase):
    FAMILY = "6"


if __name__ == "__main__":
    if gone := mail_server.missing():
        sys.exit(lab.skip(f"needs {gone}: see cmake/dev/packages.txt"))
    lab.enter()
    PROGRAMS = Path(sys.argv.pop(1)).resolve()
    unittest.main()
