#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The relay asking Postern as its milter (relay_lab.py, examples/relay/postfix/milter.cf): the same rules and sentences,
Postern killed and hanging in the middle of a message, and `postern relay check`."""

from __future__ import annotations

import os
import signal
import sys

import lab
import relay_lab
from peers import nats


class RelayMilter(nats.BehindNats):
    milter = True
    ulogd_output = "JSON"

    def counted(self, who: str) -> tuple[int, ...]:
        used = self.usage(who)
        return tuple(used.get(f"{name}_hour", -1) for name in ("messages", "recipients", "kilobytes", "invalid"))

    def test_killed_in_the_middle_of_a_message(self) -> None:
        """The rest of that session goes past Postern, as milter.cf says; what was counted stays, and nothing twice."""
        for n, family in enumerate("46"):
            client = self.in_the_middle("kept", family, "the edge role is killed")
            self.assertEqual(client.stdout.readline().split(), ["250", "250"])
            edge = self.lab.role_pids()["edge"]
            os.kill(edge, signal.SIGKILL)
            self.assertIn("Ok: queued", self.finish(client), "no mail lost")
            self.assertTrue(lab.came_true(lambda old=edge: self.lab.role_pids().get("edge", old) != old, 30))
            self.assertTrue(lab.came_true(lambda: self.usage("kept") != {}, 30))
            self.assertEqual(self.counted("kept"), (2 * n + 1, 3 * n + 2, n, 0))
            self.assertIn("250 2.0.0 Ok: queued", self.send("kept", family), "the next one is asked about again")
            self.assertEqual(self.counted("kept"), (2 * n + 2, 3 * n + 3, n + 1, 0))

    def test_hanging_in_the_middle_of_a_message(self) -> None:
        clients = [self.in_the_middle("hung", f, "the edge role hangs", relay_lab.HASTY_PORT) for f in "46"]
        for client in clients:
            self.assertEqual(client.stdout.readline().split(), ["250", "250"])
        edge = self.lab.role_pids()["edge"]
        os.kill(edge, signal.SIGSTOP)
        try:
            for said in relay_lab.finish_all(clients):
                self.assertIn("Ok: queued", said, "the stated default: it passes")
        finally:
            os.kill(edge, signal.SIGCONT)
        # What Postfix had said before it gave up is read later, and counts once.
        self.assertTrue(lab.came_true(lambda: self.counted("hung") == (2, 4, 2, 0), 30), self.counted("hung"))

    def test_check(self) -> None:
        good = self.checked()
        self.assertEqual(good.returncode, 0, good.stdout + good.stderr)
        self.assertIn("asks Postern as its milter", good.stdout)
        for key, value, fault in (
                ("smtpd_relay_restrictions", "$postern_policy, permit_mynetworks, reject", "asked twice"),
                ("smtpd_milters", "unix:/run/postern/milter.sock", "while Postern is away"),
                ("smtpd_milters", "", "not asked about recipients"),
                ("smtpd_relay_restrictions", "permit", "an open relay")):
            self.finds(key, value, fault)


if __name__ == "__main__":
    if package := nats.missing():
        sys.exit(lab.skip(f"{package} is not installed"))
    relay_lab.main(RelayMilter)
