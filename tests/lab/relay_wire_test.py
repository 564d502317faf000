#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The policy and milter codecs against a real Postfix, both families, with and without AUTH: what lab_filter_peer says is
what the SMTP client is told, what it was asked is what the client did, and no content of a message reaches it."""

from __future__ import annotations

import subprocess
import sys
import unittest
from pathlib import Path

import lab
import mail_server

PROGRAMS = Path()
CANARY = "canary-7f3a-content"
POLICY = "check_policy_service { unix:{home}/policy, timeout=10s, default_action=DUNNO }"
FAMILIES = ("127.0.0.1", "::1")


class Asked:
    """The tests of both ways; a way says how main.cf asks the peer."""

    settings: dict[str, str] = {}

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = mail_server.MailServer(cls.settings)
        cls.addClassCleanup(cls.server.close)
        cls._said = cls.server.home / "said"
        with open(cls._said, "wb") as out:
            peer = subprocess.Popen([str(PROGRAMS / "lab_filter_peer"), str(cls.server.home / "policy"),
                                     str(cls.server.home / "milter")], stdout=out, preexec_fn=lab.die_with_parent)
        cls.addClassCleanup(lambda: (peer.terminate(), peer.wait(30)))
        if not lab.came_true(lambda: "ready" in cls.said(), 30):
            raise RuntimeError("the peer did not start")
        cls.server.start()

    @classmethod
    def said(cls) -> str:
        return cls._said.read_text(errors="replace")

    def tearDown(self) -> None:
        self.assertNotIn(CANARY, self.said())
        self.assertNotIn("broken", self.said())
        self.assertEqual(self.server.log_count("malformed|protocol error|milter .*(can't|unexpected|conflict)"), 0)

    def test_the_client_is_told_what_the_filter_said(self) -> None:
        for address in FAMILIES:
            told = self.server.send(address, ["refuse@far.example", "later@far.example", "ok@far.example"], body=CANARY)
            self.assertRegex(told, r"550 5\.7\.1 .*100% refused here")
            self.assertRegex(told, r"450 4\.7\.1 .*over 50% of the limit, later")
            self.assertIn("250 2.0.0 Ok: queued", told)  # for the third recipient
            self.assertIn(f"client={address}", self.said())

    def test_a_message_is_held(self) -> None:
        for address in FAMILIES:
            before = self.server.held()
            told = self.server.send(address, ["hold@far.example"], body=CANARY)
            self.assertIn("250 2.0.0 Ok: queued", told)
            self.assertTrue(lab.came_true(lambda n=before: self.server.held() == n + 1, 30), told)


class Policy(Asked, unittest.TestCase):
    settings = {"smtpd_relay_restrictions": f"{POLICY}, permit_mynetworks, permit_sasl_authenticated, reject",
                "smtpd_data_restrictions": POLICY, "smtpd_end_of_data_restrictions": POLICY}

    def test_one_instance_says_who_sends_how_much(self) -> None:
        for address in FAMILIES:
            told = self.server.send(address, ["ok@far.example", "two@far.example"], auth=True, body=CANARY)
            self.assertIn("250 2.0.0 Ok: queued", told)
            mine = [s for s in self.said().splitlines() if f"client={address} " in s and "user=owner" in s]
            self.assertEqual([s.split()[1] for s in mine], ["rcpt", "rcpt", "data", "end_of_message"])
            self.assertEqual(len({s.rpartition("instance=")[2] for s in mine}), 1)
            for line in mine:
                self.assertRegex(line, r"port=2587 .* tls=TLSv1\S* context=submission ")
            self.assertRegex(mine[3], r" count=2 size=[1-9]\d* ")


class Milter(Asked, unittest.TestCase):
    settings = {"smtpd_relay_restrictions": "permit_mynetworks, permit_sasl_authenticated, reject",
                "smtpd_milters": "unix:{home}/milter", "milter_default_action": "tempfail"}

    def test_the_macros_that_were_asked_for_come(self) -> None:
        for address in FAMILIES:
            before = len(self.said())
            told = self.server.send(address, ["ok@far.example"], auth=True, body=CANARY)
            self.assertIn("250 2.0.0 Ok: queued", told)
            said = self.said()[before:]
            self.assertRegex(said, r"milter mail address=owner@isp.example user=owner tls=TLSv1\S* port=2587\n")
            self.assertRegex(said, r"milter queued somewhere\nmilter eob\n")

    def test_what_was_not_wanted_is_not_sent(self) -> None:
        self.server.send("::1", ["ok@far.example"], body=CANARY)
        for command in ("helo", "header", "eoh", "body"):
            self.assertNotIn(f"milter {command}\n", self.said())


if __name__ == "__main__":
    if program := mail_server.missing():
        sys.exit(lab.skip(f"{program} is not installed"))
    lab.enter()
    lab.sh("ip", "link", "set", "lo", "up")
    PROGRAMS = Path(sys.argv.pop(1)).resolve()
    unittest.main()
