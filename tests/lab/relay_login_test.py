#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Notices through a relay that takes mail only from who signs in over TLS (Postfix and Dovecot), what becomes of them while
it will have nothing to do with us, and the calls that are left to people: the list as CSV, and one order for many cases."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import sys
import time
import unittest
from pathlib import Path
from typing import Any

import lab
import mail_server

PROGRAMS = Path()
PORTS = (2530, 2590)
RETRY_FOR = 12
SETTINGS = """
[mail]
relay = ["127.0.0.1:{port}"]
user = "{user}"
password_file = "{directory}/password"
require_tls = true
ca_file = "{home}/mail.pem.crt"
bounces = "notice-bounces@isp.example"
retry_for = "{retry_for}s"
"""
LINES = ("ann", "bob", "cy")


class RelayLogin(unittest.TestCase):
    lab: lab.Lab
    server: mail_server.MailServer

    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = lab.Lab(PROGRAMS)
        cls.addClassCleanup(cls.lab.close)
        cls.server = mail_server.MailServer({"smtpd_relay_restrictions": "permit_sasl_authenticated, reject",
                                             "smtpd_tls_received_header": "yes", "smtpd_sasl_authenticated_header": "yes",
                                             "smtpd_tls_loglevel": "1"}, ports=PORTS)
        cls.addClassCleanup(cls.server.close)
        cls.server.start()
        cls.password(mail_server.PASSWORD)
        with open(cls.lab.directory / "postern.toml", "a") as out:
            out.write(SETTINGS.format(port=PORTS[1], user=mail_server.USER, directory=cls.lab.directory, home=cls.server.home,
                                      retry_for=RETRY_FOR))
        cls.lab.start()
        rows = "".join(f"{key},residential,en,\"Example, {key}\",{key}@home.example,+1 555 010{n},10.64.1.{n}/32\n"
                       for n, key in enumerate(LINES, 1))
        file = cls.lab.directory / "subscribers.csv"
        file.write_text("key,class,language,name,mail,phone,prefixes\n" + rows)
        done = cls.lab.cli("subscriber", "import", str(file))
        assert done.returncode == 0, done.stdout + done.stderr

    @classmethod
    def password(cls, words: str) -> None:
        file = cls.lab.directory / "password"
        file.write_text(words + "\n")
        file.chmod(0o600)

    def other_password(self, words: str) -> None:
        """Read again with the settings: every role starts anew with them."""
        self.password(words)
        before = set(self.lab.role_pids().values())
        os.kill(self.lab._process.pid, signal.SIGHUP)
        self.assertTrue(lab.came_true(lambda: len(self.lab.role_pids()) >= len(before)
                                      and before.isdisjoint(self.lab.role_pids().values()) and self.lab.governed(), 60, 0.3),
                        self.lab.log_tail(12))

    def attack(self, line: int) -> None:
        """Its machine knocks at strangers' mail servers until there is a case."""
        address = f"10.64.1.{line}"
        lab.sh(*self.lab.subscriber.argv("ip", "addr", "replace", f"{address}/32", "dev", "eth0"))
        code = ("import socket,sys\nfor n in range(1,13):\n  s=socket.socket()\n  s.bind((sys.argv[1],0))\n  s.settimeout(1)\n"
                "  try: s.connect((f'198.51.{n}.25',25)); s.recv(99)\n  except OSError: pass\n  s.close()\n")
        lab.sh(*self.lab.subscriber.argv(sys.executable, "-c", code, address), timeout=120)
        self.assertTrue(lab.came_true(lambda: self.case(line), 60, 0.3), self.lab.log_tail(12))

    def case(self, line: int) -> dict[str, Any] | None:
        listed = (self.lab.ask("case", "list") or {}).get("items", [])
        return next((c for c in listed if c["subscriber_key"] == LINES[line - 1]), None)

    def contacts(self, line: int) -> list[tuple[str, str]]:
        return [(a["channel"], a["state"]) for a in (self.case(line) or {}).get("contacts", [])]

    def told(self, line: int, *contacts: tuple[str, str], within: float = 60) -> None:
        self.assertTrue(lab.came_true(lambda: self.contacts(line) == list(contacts), within, 0.3),
                        f"{self.contacts(line)}\n{self.lab.log_tail(12)}\n"
                        + "\n".join(self.server.log.read_text(errors="replace").splitlines()[-12:]))

    def faults(self) -> str:
        return json.dumps((self.lab.ask("status") or {}).get("engine", {}).get("faults", []))

    def restart(self, role: str) -> None:
        pid = self.lab.role_pids()[role]
        os.kill(pid, signal.SIGKILL)
        self.assertTrue(lab.came_true(lambda: self.lab.role_pids().get(role, pid) != pid, 30))

    def test_1_it_signs_in_and_only_over_tls(self) -> None:
        self.attack(1)
        self.told(1, ("mail", "sent"))
        log = self.server.log.read_text(errors="replace")
        self.assertIn(f"sasl_method=PLAIN, sasl_username={mail_server.USER}", log)
        self.assertIn("TLS connection established from", log)
        self.assertNotIn("relay", self.faults())

    def test_2_refused_before_any_recipient_it_waits_and_gives_up_in_its_time_across_restarts(self) -> None:
        self.other_password("wrong")
        self.attack(2)
        self.assertTrue(lab.came_true(lambda: "535" in self.faults(), 60, 0.3), self.faults() + self.lab.log_tail(8))
        self.assertIn(self.contacts(2)[0][1], ("ordered", "failed"), "refused, and it is not the customer's fault")
        # A clock that began anew with each restart would never end.
        until = time.monotonic() + 90
        while self.contacts(2)[0][1] == "ordered" and time.monotonic() < until:
            self.restart("act")
            time.sleep(RETRY_FOR / 3)
        self.told(2, ("mail", "failed"), ("call_list", "ordered"))
        self.assertIn("535", self.case(2)["contacts"][0]["detail"])
        self.assertFalse(self.case(2)["contacted_at"], "nobody was told")

    def test_3_with_the_right_password_it_goes_on(self) -> None:
        self.other_password(mail_server.PASSWORD)
        self.attack(3)
        self.told(3, ("mail", "sent"))
        self.assertTrue(lab.came_true(lambda: "535" not in self.faults(), 30, 0.3), self.faults())

    def test_4_whom_to_call_as_csv(self) -> None:
        done = self.lab.cli("case", "calls", "--csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        [row] = list(csv.DictReader(io.StringIO(done.stdout)))
        self.assertEqual((row["name"], row["phone"], row["language"]), ("Example, bob", "+1 555 0102", "en"))
        self.assertEqual(row["case"], str(self.case(2)["id"]))
        self.assertIn("a device on your connection", row["say"])

    def test_5_one_order_for_many_cases(self) -> None:
        for words, says in ((("state=nonsense", "x"), "there is no state nonsense"),
                            (("state=restricted", "x"), "no open case fits state=restricted"),
                            (("nothing=1", "x"), "filter")):
            done = self.lab.cli("case", "confirm", "--where", *words)
            self.assertNotEqual(done.returncode, 0, done.stdout)
            self.assertIn(says, done.stdout + done.stderr)
        done = self.lab.cli("case", "confirm", "--where", "customer=silent,class=residential", "called them all")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stdout.count("confirmed"), len(LINES), done.stdout)
        self.assertEqual([self.case(n)["state"] for n in (1, 2, 3)], ["confirmed"] * 3)
        self.assertEqual(self.contacts(2)[1], ("call_list", "sent"), "the call is done with it")
        again = self.lab.cli("case", "release", "--where", "state=confirmed")
        self.assertEqual(again.stdout.count("the line is not restricted"), len(LINES), again.stdout + again.stderr)


if __name__ == "__main__":
    if gone := mail_server.missing():
        sys.exit(lab.skip(f"needs {gone}: see cmake/dev/packages.txt"))
    lab.enter()
    PROGRAMS = Path(sys.argv.pop(1)).resolve()
    unittest.main()
