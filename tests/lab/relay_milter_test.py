#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The relay asking Postern as its milter (relay_lab.py, examples/relay/postfix/milter.cf): the same rules and sentences,
Postern killed and hanging in the middle of a message, and `postern relay check`. Its accounts are in an LDAP directory, as
examples/relay/dovecot/dovecot-ldap.conf.ext says, and hook/ldap-lock locks them there."""

from __future__ import annotations

import os
import signal
from typing import ClassVar

import lab
import relay_lab
from peers import account_hook, directory, example_relay, nats

FILE = "passdb {\n  driver = passwd-file\n  args = username_format=%u /etc/dovecot/users\n}\n"
DENIED = "passdb {\n  driver = passwd-file\n  deny = yes\n  args = username_format=%Lu /etc/dovecot/denied\n}\n"
LDAP = "passdb {\n  driver = ldap\n  args = /etc/dovecot/dovecot-ldap.conf.ext\n}\n"


class RelayMilter(nats.BehindNats):
    milter = True
    ulogd_output = "JSON"
    # As the file says: LDAP in place of the file of users; the directory alone locks.
    dovecot: ClassVar[dict[str, str]] = {FILE: LDAP, DENIED: ""}
    directory: ClassVar[directory.Directory]

    @classmethod
    def of_hook(cls) -> dict[str, str]:
        cls.directory = directory.Directory(cls.lab.directory / "ldap", cls.users)
        cls.addClassCleanup(cls.directory.close)
        config = cls.lab.directory / "ldap-lock.conf"
        shipped = (account_hook.SHIPPED / "ldap-lock.conf").read_text()
        assert "/etc/postern/ldap.secret" in shipped
        config.write_text(shipped.replace("/etc/postern/ldap.secret", str(cls.directory.secret_file)))
        config.chmod(0o600)
        program = str(account_hook.SHIPPED / "ldap-lock")
        ways = {f'# {what} = ["/usr/local/sbin/ldap-lock", "{what}", "/etc/postern/ldap-lock.conf"':
                f'{what} = ["{program}", "{what}", "{config}"' for what in ("unlock", "lock")}
        return ways | {'denied_file = "/etc/dovecot/denied"\n': ""}

    def test_an_account_is_locked_in_the_directory(self) -> None:
        """And nobody's but this one; unlocked its password is good again."""
        self.receivers.takes_all(False)
        for family, name in (("4", "stolen4@isp.example"), ("6", "stolen6@isp.example")):
            late, sign_in = f"later{family}@[198.51.100.3]", ("--port", "587", "--tls", *self.auth(f"stolen{family}"))
            self.assertIn("250 2.0.0 Ok: queued", self.send(None, family, *sign_in, recipients=late))
            self.assertTrue(lab.came_true(lambda to=late: example_relay.queue(to) == ["deferred"], 30), example_relay.maillog()[-900:])
            self.order("lock", name)
            self.assertTrue(self.directory.locked(name), self.directory.log()[-2_000:])
            self.assertEqual(example_relay.queue(late), ["hold"])
            self.assertRegex(self.send(None, family, *sign_in), r"535 5\.7\.8 ")
            self.assertIn("250 2.0.0 Ok: queued", self.send(None, family, "--port", "587", "--tls", *self.auth(f"busy{family}")))
        self.receivers.takes_all(True)
        for family, name in (("4", "stolen4@isp.example"), ("6", "stolen6@isp.example")):
            self.order("release", name)
            self.assertFalse(self.directory.locked(name))
            self.assertIn("250 2.0.0 Ok: queued", self.send(None, family, "--port", "587", "--tls", *self.auth(f"stolen{family}")))
            self.assertTrue(lab.came_true(lambda f=family: example_relay.queue(f"later{f}@[198.51.100.3]") == [], 30))

    def order(self, verb: str, name: str) -> None:
        done = self.lab.cli("account", verb, name, "--why", "asked the owner")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertTrue(lab.came_true(lambda: self.account(name)["hook"] == "done", 30), self.hook.log())
        self.assertEqual(self.hook.events(name)[-1], f"account.{verb}")

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
    relay_lab.main(RelayMilter, directory.missing, nats.missing)
