#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The relay asking Postern as a policy client (relay_lab.py): every rule over IPv4 and IPv6, Postern killed and hanging in
the middle of a message, stolen accounts, and `postern relay check`."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from typing import Any

import lab
import relay_lab


class Relay(relay_lab.RelayLab):
    def test_no_password_in_the_clear(self) -> None:
        for family in "46":
            said = self.send(None, family, "--port", "587", *self.auth(f"away{family}"))
            self.assertNotIn("250 2.0.0 Ok: queued", said)
            self.assertNotRegex(said, r"235 |-> AUTH")

    def test_recipients(self) -> None:
        for family in "46":
            who = f"recipients{family}"
            to = ",".join(f"u{i}@[192.0.2.2]" for i in range(3))
            for _ in range(2):
                self.assertIn("250 2.0.0 Ok: queued", self.send(who, family, recipients=to))
            self.assertRegex(self.send(who, family, recipients=to), r"450 4\.7\.1 .*limit of 6 recipients")
            self.assertEqual(self.usage(who)["recipients_hour"], 6)

    def test_domains(self) -> None:
        for family in "46":
            said = self.send(f"domains{family}", family, recipients="a@one.example,b@two.example,c@three.example,d@one.example")
            self.assertRegex(said, r"450 4\.7\.1 .*limit of 2 domains of recipients")
            self.assertIn("250 2.0.0 Ok: queued", said)
            self.assertEqual(self.usage(f"domains{family}")["recipients_hour"], 3)

    def test_killed_in_the_middle_of_a_message(self) -> None:
        for n, family in enumerate("46", 1):
            client = self.in_the_middle("kept", family, "the edge role is killed")
            self.assertEqual(client.stdout.readline().split(), ["250", "250"])
            os.kill(self.lab.role_pids()["edge"], signal.SIGKILL)
            self.assertIn("Ok: queued", self.finish(client), "no mail lost")
            self.assertTrue(lab.came_true(lambda: self.usage("kept") != {}, 30))
            used = self.usage("kept")
            self.assertEqual((used["messages_hour"], used["recipients_hour"]), (n, 2 * n), "counted once, and nothing lost")
            self.assertEqual(used["kilobytes_hour"], n)

    def test_hanging_in_the_middle_of_a_message(self) -> None:
        """Longer than Postfix's timeout: default_action, which the example says is DUNNO."""
        for n, family in enumerate("46", 1):
            client = self.in_the_middle("hung", family, "the edge role hangs")
            self.assertEqual(client.stdout.readline().split(), ["250", "250"])
            edge = self.lab.role_pids()["edge"]
            before = len(re.findall("problem talking to server", self.maillog()))
            os.kill(edge, signal.SIGSTOP)
            try:
                self.assertIn("Ok: queued", self.finish(client), "the stated default: it passes")
            finally:
                os.kill(edge, signal.SIGCONT)
            self.assertGreater(len(re.findall("problem talking to server", self.maillog())), before)
            self.assertTrue(lab.came_true(lambda: self.usage("hung").get("messages_hour") == n, 30), self.usage("hung"))
            self.assertEqual(self.usage("hung")["recipients_hour"], 2 * n)

    def test_stolen_account(self) -> None:
        """From another subscriber's line, to strangers of whom two in five do not exist: held; locked by a person, told to the
        hook and never to the account; and released again."""
        self.feed_the_log()
        for family in "46":
            name, thief = f"stolen{family}@isp.example", f"thief{family}"
            sign_in = ("--port", "587", "--tls", *self.auth(f"stolen{family}"))
            for n in range(8):
                to = ",".join([f"known{n}x{i}@[198.51.100.3]" for i in range(6)] + [f"gone{n}x{i}@[198.51.100.3]" for i in range(4)])
                said = self.send(thief, family, *sign_in, recipients=to)
                if "on hold" in said:
                    break
                self.assertIn("250 2.0.0 Ok: queued", said)
                lab.came_true(lambda sent=n: self.maillog().count(f"known{sent}x5@") > 0 and self.account(name)["state"] != "open", 5)
            self.assertTrue(lab.came_true(lambda: self.account(name)["state"] in ("held", "locked"), 30), self.account(name))
            self.assertTrue(lab.came_true(lambda: self.edge("mail_log.failed_total") > 0, 30), "what receivers said was heard")
            self.assertIn("it never wrote to before", self.account(name)["because"])
            # Held so early that it may not come to a lock by itself: a person locks it.
            done = self.lab.cli("account", "lock", name, "--why", "asked the owner")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertTrue(lab.came_true(lambda: self.account(name)["state"] == "locked", 30), self.account(name))
            self.assertEqual(self.account(name)["owner"], f"owner{family}")
            self.assertTrue(lab.came_true(lambda: self.edge("relay.accounts_held") > 0, 30))
            self.assertRegex(self.send(thief, family, *sign_in), r"450 4\.7\.1 .*Your account is on hold")
            self.assertTrue(lab.came_true(lambda: (name, "account.lock") in self.told_hook(), 30), self.told_hook())
            self.assertTrue(lab.came_true(lambda: self.account(name)["hook"] == "done", 30))
            done = self.lab.cli("account", "release", name.upper(), "--why", "new password")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertTrue(lab.came_true(lambda: (name, "account.release") in self.told_hook(), 30), self.told_hook())
            self.assertTrue(lab.came_true(lambda: "250 2.0.0 Ok: queued" in self.send(f"owner{family}", family, *sign_in), 30))
            self.assertEqual(self.account(name)["state"], "open")

    def feed_the_log(self) -> None:
        """As the example's settings say. Of this test's own: rsyslog connects again when the edge was killed, this does not."""
        feed = subprocess.Popen(["bash", "-c", "exec tail -n 0 -F /var/log/postfix.log > /dev/tcp/127.0.0.1/10514"],
                                stderr=subprocess.DEVNULL, preexec_fn=lab.die_with_parent)
        self.addCleanup(lambda: (feed.terminate(), feed.wait(30)))
        self.assertTrue(lab.came_true(lambda: self.edge("mail_log.connections_total") > 0, 30))

    def account(self, name: str) -> dict[str, Any]:
        return self.lab.ask("account", "show", name) or {"state": "?", "hook": "?"}

    def told_hook(self) -> list[tuple[str, str]]:
        return [(m.get("account", ""), m["type"]) for m in self.hooked]

    def test_top(self) -> None:
        self.send("home", "4")
        rows = self.lab.ask("relay", "top", "--limit", "3")
        self.assertLessEqual(len(rows["items"]), 3)
        used = [r["recipients_hour"] for r in rows["items"]]
        self.assertEqual(used, sorted(used, reverse=True))

    def test_check(self) -> None:
        good = self.checked()
        self.assertEqual(good.returncode, 0, good.stdout + good.stderr)
        for key, value, fault in (
                ("smtpd_relay_restrictions", "permit_mynetworks, $postern_policy, reject", "permit_mynetworks stands before"),
                ("postern_policy", "check_policy_service unix:/run/postern/policy.sock", "while Postern is away"),
                ("smtpd_end_of_data_restrictions", "", "sizes are not counted"), ("smtpd_tls_auth_only", "no", "in the clear")):
            self.finds(key, value, fault)


if __name__ == "__main__":
    relay_lab.main(Relay)
