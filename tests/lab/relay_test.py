#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The relay asking Postern as a policy client (relay_lab.py): every rule over IPv4 and IPv6, Postern killed and hanging in
the middle of a message, stolen accounts, and `postern relay check`."""

from __future__ import annotations

import base64
import hmac
import imaplib
import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from typing import Any, ClassVar

import lab
import relay_lab
from peers import account_hook, example_relay, mailboxes, nats


class Relay(nats.BehindNats):
    ulogd_output = "SYSLOG"
    mailboxes: ClassVar[tuple[mailboxes.Mailboxes, ...]]

    @classmethod
    def of_hook(cls) -> dict[str, str]:
        """And the machine of the mailboxes, whose users are in SQL: a command locks them there; and one that asks the hook."""
        home = cls.lab.directory / "mailboxes"
        home.mkdir(mode=0o755)
        database = home / "users.db"
        mailboxes.make_users(database, {u: p for u, p in cls.users.items() if u.startswith(("away", "stolen", "taken", "calm"))})
        policy = f"http://127.0.0.1:{account_hook.PORT}/policy"
        cls.mailboxes = (mailboxes.Mailboxes(home / "sql", 10143, database),
                         mailboxes.Mailboxes(home / "policy", 10144, database, policy))
        for m in cls.mailboxes:
            cls.addClassCleanup(m.close)
        update = "UPDATE users SET active = {} WHERE name = '{{account}}'"
        ways = "".join(f"{what} = {json.dumps(['sqlite3', str(database), update.format(active)])}\n"
                       for what, active in (("lock", 0), ("unlock", 1)))
        kick = json.dumps(["doveadm", "-c", str(cls.mailboxes[0].config), "kick", "{account}"])
        return {'["doveadm", "kick", "{account}"]': kick, '# 3. Commands': f"{ways}# 3. Commands"}

    def test_no_password_in_the_clear(self) -> None:
        for family in "46":
            said = self.send(None, family, "--port", "587", *self.auth(f"away{family}"))
            self.assertNotIn("250 2.0.0 Ok: queued", said)
            self.assertNotRegex(said, r"235 |-> AUTH")

    def test_all_of_a_class_together(self) -> None:
        for family in "46":
            self.assertIn("250 2.0.0 Ok: queued", self.send(f"club{family}", family, recipients="a@[192.0.2.2],b@[192.0.2.2]"))
        for family in "46":
            self.assertRegex(self.send(f"club{family}", family), r"450 4\.7\.1 .*All lines of your kind together reached")
        self.assertIn("RELAY_CLASS_LIMIT", self.lab.log.read_text(errors="replace"))

    def test_an_account_has_limits_wherever_it_is(self) -> None:
        """Those of relay.account_class, over both families together."""
        for family in "46":
            sign_in = ("--port", "587", "--tls", *self.auth(f"busy{family}"))
            to = ",".join(f"u{i}@[192.0.2.2]" for i in range(50))
            self.assertIn("250 2.0.0 Ok: queued", self.send(None, family, *sign_in, recipients=to))
            self.assertIn("250 2.0.0 Ok: queued", self.send(None, {"4": "6", "6": "4"}[family], *sign_in, recipients=to))
            self.assertRegex(self.send(None, family, *sign_in), r"450 4\.7\.1 .*Your account reached its limit of 100 recipients")
            self.assertEqual(self.usage(f"busy{family}@isp.example", "account")["recipients_hour"], 100)

    def test_places(self) -> None:
        """The third country within the hour, and where a honey account is used, are seen; alone they hold nobody."""
        def level(account: str) -> float:
            return float(self.account(f"{account}@isp.example").get("level_account_login", 0))

        def use(account: str, family: str, place: str) -> str:
            return self.send(None, family, "--port", "587", "--tls", *self.auth(account), "--local-interface", place)

        for family in "46":
            for place in relay_lab.PLACES[family]:
                self.assertIn("250 2.0.0 Ok: queued", use(f"roams{family}", family, place))
            self.assertTrue(lab.came_true(lambda f=family: level(f"roams{f}") >= 4.6, 30), self.account(f"roams{family}@isp.example"))
            there = relay_lab.PLACES[family][2]
            self.assertRegex(use("bait", family, there), r"450 4\.7\.1 .*Your account is on hold")
            self.assertIn("250 2.0.0 Ok: queued", use(f"near{family}", family, there))
            self.assertTrue(lab.came_true(lambda f=family: level(f"near{f}") >= 4.6, 30), self.account(f"near{family}@isp.example"))
            for account in ("roams", "near"):
                self.assertEqual(self.account(f"{account}{family}@isp.example")["state"], "open")
        self.assertTrue(lab.came_true(lambda: self.edge("relay.honey_total") == 2, 30), self.edge("relay.honey_total"))

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
        clients = [self.in_the_middle("hung", f, "the edge role hangs", relay_lab.HASTY_PORT) for f in "46"]
        for client in clients:
            self.assertEqual(client.stdout.readline().split(), ["250", "250"])
        edge = self.lab.role_pids()["edge"]
        before = len(re.findall("problem talking to server", example_relay.maillog()))
        os.kill(edge, signal.SIGSTOP)
        try:
            for said in relay_lab.finish_all(clients):
                self.assertIn("Ok: queued", said, "the stated default: it passes")
        finally:
            os.kill(edge, signal.SIGCONT)
        self.assertGreater(len(re.findall("problem talking to server", example_relay.maillog())), before)
        self.assertTrue(lab.came_true(lambda: self.usage("hung").get("messages_hour") == 2, 30), self.usage("hung"))
        self.assertEqual(self.usage("hung")["recipients_hour"], 4)

    def test_stolen_account(self) -> None:
        """From another subscriber's line, to strangers of whom three in five do not exist: held; locked by a person, never told
        to the account; and released again. The shipped hook does the rest, with the real queue, sessions and logins."""
        self.feed_the_log()
        self.assertIn("250 2.0.0 Ok: queued", self.send(None, "4", "--port", "587", "--tls", *self.auth("away4"),
                                                        recipients="later-too@[198.51.100.3]"))
        for family in "46":
            name, thief = f"stolen{family}@isp.example", f"thief{family}"
            sign_in = ("--port", "587", "--tls", *self.auth(f"stolen{family}"))
            session = self.mailboxes[0].session(family, name, relay_lab.PASSWORD)
            begun = self.in_the_middle(thief, family, "the account is held", 587, name)
            self.assertEqual(begun.stdout.readline().split(), ["250", "250"])
            late = f"later{family}@[198.51.100.3]"
            self.receivers.takes_all(False)
            for n in range(3):  # twelve strangers: too few to lock it
                to = ",".join([late] * (n == 0) + [f"known{n}x{i}@[198.51.100.3]" for i in range(2)]
                              + [f"gone{n}x{i}@[198.51.100.3]" for i in range(3)])
                said = self.send(thief, family, *sign_in, recipients=to)
                if "on hold" in said:
                    break
                self.assertIn("250 2.0.0 Ok: queued", said)
                lab.came_true(lambda sent=n: example_relay.maillog().count(f"known{sent}x1@") > 0, 5)
            self.assertTrue(lab.came_true(lambda: self.account(name)["state"] == "held", 30), self.account(name))
            self.assertTrue(lab.came_true(lambda: self.edge("mail_log.failed_total") > 0, 30), "what receivers said was heard")
            self.assertIn("it never wrote to before", self.account(name)["because"])
            self.assertEqual(self.account(name)["owner"], f"owner{family}")
            self.held(name, late, session)
            self.assertTrue(lab.came_true(lambda: self.edge("relay.accounts_held") > 0, 30))
            self.assertRegex(self.finish(begun), r"450.*4\.7\.1 .*Your account is on hold")
            self.assertRegex(self.send(thief, family, *sign_in), r"450 4\.7\.1 .*Your account is on hold")
            self.locked(family, name, sign_in)
            self.released(family, name, late, sign_in)

    def held(self, name: str, late: str, session: imaplib.IMAP4) -> None:
        """Its mail waits and no other's does; whoever reads its mail is thrown out."""
        self.assertTrue(lab.came_true(lambda: self.hook.events(name) == ["account.hold"], 30), self.hook.log())
        self.assertIn("hold", example_relay.queue(late))
        self.assertNotIn("hold", example_relay.queue("later-too@[198.51.100.3]"))
        self.assertTrue(lab.came_true(lambda: mailboxes.is_over(session), 30), self.mailboxes[0].log())
        [told] = [t for t in self.hook.told() if t["account"] == name][:1]
        line = name.partition("@")[0].replace("stolen", "owner")
        self.assertEqual((told["line"], told["phone"][:8], told["mail"]), (line, "+1 555 0", ""), "not by the account itself")

    def locked(self, family: str, name: str, sign_in: tuple[str, ...]) -> None:
        """A person locks it, and no way in is left: Dovecot's own list (the relay's logins), a command for SQL, and Dovecot's
        policy server."""
        self.assertFalse(any(m.refuses(family, name, relay_lab.PASSWORD) for m in self.mailboxes), "held: the password is good")
        done = self.lab.cli("account", "lock", name, "--why", "asked the owner")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertTrue(lab.came_true(lambda: "account.lock" in self.hook.events(name), 30), self.hook.log())
        self.assertTrue(lab.came_true(lambda: self.account(name)["hook"] == "done", 30))
        self.assertEqual(self.account(name)["state"], "locked")
        for m in self.mailboxes:
            self.assertTrue(m.refuses(family, name, relay_lab.PASSWORD), m.log())
            self.assertFalse(m.refuses(family, f"away{family}@isp.example", relay_lab.PASSWORD), m.log())
        self.assertIn("policy", self.mailboxes[1].log())
        self.assertRegex(self.send(None, family, *sign_in), r"535 5\.7\.8 ")

    def released(self, family: str, name: str, late: str, sign_in: tuple[str, ...]) -> None:
        """After the new password all goes on, also what was held."""
        self.assertIn("hold", example_relay.queue(late))
        self.receivers.takes_all(True)
        done = self.lab.cli("account", "release", name.upper(), "--why", "new password")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertTrue(lab.came_true(lambda: "account.release" in self.hook.events(name), 30), self.hook.log())
        self.assertTrue(lab.came_true(lambda: example_relay.queue(late) == [], 30), self.hook.log())
        self.assertRegex(example_relay.maillog(), rf"to=<{re.escape(late)}>.* status=sent")
        self.assertFalse(any(m.refuses(family, name, relay_lab.PASSWORD) for m in self.mailboxes))
        self.assertTrue(lab.came_true(lambda: "250 2.0.0 Ok: queued" in self.send(f"owner{family}", family, *sign_in), 30))
        self.assertEqual(self.account(name)["state"], "open")

    def test_an_account_is_locked_by_evidence_alone(self) -> None:
        """From three countries over both families, then from another subscriber's line to strangers of whom most do not exist:
        locked, and no person had a hand in it. The busy account beside it goes on throughout."""
        name, calm, sign_in = "taken@isp.example", "calm@isp.example", ("--port", "587", "--tls", *self.auth("taken"))
        self.feed_the_log()
        self.receivers.takes_all(False)
        session, beside = (self.mailboxes[0].session("4", who, relay_lab.PASSWORD) for who in (name, calm))
        self.assertEqual(self.busy("later-calm"), "250")
        for n, (family, place) in enumerate((("4", relay_lab.PLACES["4"][0]), ("6", relay_lab.PLACES["6"][1]),
                                             ("4", relay_lab.PLACES["4"][2]))):
            said = self.send(None, family, *sign_in, "--local-interface", place, recipients=f"friend{n}@[192.0.2.2]")
            self.assertIn("250 2.0.0 Ok: queued", said)
        self.assertTrue(lab.came_true(lambda: float(self.account(name).get("level_account_login", 0)) >= 4.6, 30))
        self.assertEqual(self.account(name)["state"], "open", "travel alone never locks")
        to = [f"gone-t{i}@[198.51.100.3]" for i in range(12)] + [f"known-t{i}@[198.51.100.3]" for i in range(3)]
        self.assertIn("250 2.0.0 Ok: queued", self.send("thief6", "6", *sign_in, recipients=",".join(["later-t@[198.51.100.3]", *to])))
        self.assertTrue(lab.came_true(lambda: self.account(name)["state"] == "locked", 30), self.account(name))
        self.assertTrue(lab.came_true(lambda: self.account(name)["hook"] == "done", 30), self.hook.log())
        because = self.account(name)["because"]
        for words in ("receivers refused what it sent", "used from where its owner is not"):
            self.assertIn(words, because)
        self.assertFalse(because.startswith("by "), "no person did it")
        print(self.lab.cli("explain", name).stdout, flush=True)
        # The hook has done all of it: queue, sessions, passwords, and the owner is told where the thief does not read.
        self.assertIn("hold", example_relay.queue("later-t@[198.51.100.3]"))
        self.assertTrue(lab.came_true(lambda: mailboxes.is_over(session), 30), self.mailboxes[0].log())
        for family, m in zip("46", self.mailboxes, strict=True):
            self.assertTrue(m.refuses(family, name, relay_lab.PASSWORD), m.log())
        self.assertRegex(self.send(None, "6", *sign_in), r"535 5\.7\.8 ")
        self.assertTrue(lab.came_true(lambda: "Your mail account taken@isp.example is locked" in self.receivers.kept(), 30))
        self.assertEqual(self.hook.told()[-1]["mail"], "victim@home.example")
        # Not the account beside it, which has as many new recipients and as busy a queue.
        self.assertNotIn("hold", example_relay.queue("later-calm@[198.51.100.3]"))
        self.assertFalse(mailboxes.is_over(beside))
        beside.logout()
        self.assertEqual(self.busy("more"), "250")
        self.assertEqual(self.account(calm)["state"], "open")
        self.reset(name)

    def busy(self, first: str) -> str:
        """The innocent's newsletter, from its owner's line: what DATA was answered."""
        to = [f"{first}@[198.51.100.3]", *(f"{first}-n{i}@[198.51.100.3]" for i in range(30))]
        said = self.send("calm", "4", "--port", "465", "--tlsc", *self.auth("calm"), recipients=",".join(to))
        return "250" if "250 2.0.0 Ok: queued" in said and "<** " not in said else said

    def reset(self, name: str) -> None:
        """A new password: the old one is good for nothing after the lock is off either, and mail goes again."""
        self.relay.set_passwords(self.users | {name: "new-staple"})
        self.receivers.takes_all(True)
        done = self.lab.cli("account", "release", name, "--why", "new password")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertTrue(lab.came_true(lambda: "account.release" in self.hook.events(name), 30), self.hook.log())
        self.assertRegex(self.send("victim", "4", "--port", "587", "--tls", *self.auth("taken")), r"535 5\.7\.8 ")
        self.assertTrue(lab.came_true(lambda: "250 2.0.0 Ok: queued" in self.send(
            "victim", "4", "--port", "587", "--tls", *self.auth("taken")[:-1], "new-staple"), 30))
        self.assertTrue(lab.came_true(lambda: example_relay.queue("later-t@[198.51.100.3]") == [], 30), "what was held went on")
        self.assertTrue(lab.came_true(lambda: "taken@isp.example works again" in self.receivers.kept(), 30))
        self.assertEqual(self.account(name)["state"], "open")

    def test_the_hook_takes_only_what_is_signed_and_new(self) -> None:
        def post(signed: bool, **event: object) -> int:
            body, at = json.dumps(event).encode(), str(int(time.time()))
            key = account_hook.KEY if signed else b"somebody else's"
            mark = base64.b64encode(hmac.digest(key, b"id." + at.encode() + b"." + body, "sha256")).decode()
            asked = urllib.request.Request(f"http://127.0.0.1:{account_hook.PORT}", body, {
                "webhook-id": "id", "webhook-timestamp": at, "webhook-signature": f"v1,{mark}"})
            try:
                with urllib.request.urlopen(asked, timeout=60) as answer:
                    return answer.status
            except urllib.error.HTTPError as e:
                return e.code

        hold = {"type": "account.hold", "account": "nobody@isp.example", "change": 2}
        self.assertEqual(post(False, **hold), 401)
        self.assertEqual(post(True, **hold | {"account": "x' OR '1'='1"}), 400)
        self.assertEqual(post(True, **hold | {"account": "--help"}), 400)
        self.assertEqual(post(True, type="account.hold"), 400)
        self.assertEqual(post(True, type="notice", subject="x"), 204)
        self.assertEqual(self.hook.events("nobody@isp.example"), [])
        for change, done in ((2, 1), (2, 1), (1, 1), (3, 2)):
            self.assertEqual(post(True, **hold | {"change": change}), 204)
            self.assertEqual(len(self.hook.events("nobody@isp.example")), done)

    def feed_the_log(self) -> None:
        """As the example's settings say. Of this test's own: rsyslog connects again when the edge was killed, this does not."""
        feed = subprocess.Popen(["bash", "-c", "exec tail -n 0 -F /var/log/postfix.log > /dev/tcp/127.0.0.1/10514"],
                                stderr=subprocess.DEVNULL, preexec_fn=lab.die_with_parent)
        self.addCleanup(lambda: (feed.terminate(), feed.wait(30)))
        self.assertTrue(lab.came_true(lambda: self.edge("mail_log.connections_total") > 0, 30))

    def test_tests_look_at_what_commands_print(self) -> None:
        """lab.ask() reads most of it without them: the same members, whose times and counters go on meanwhile."""

        def shape(seen: Any) -> Any:
            if isinstance(seen, dict):
                return {name: shape(value) for name, value in seen.items()}
            return [shape(value) for value in seen] if isinstance(seen, list) else type(seen)

        self.send("home", "4")
        for words in (*lab.READS, ("relay", "show", "home"), ("subscriber", "show", "home")):
            self.assertEqual(shape(self.lab.printed(*words)), shape(self.lab.ask(*words)), words)

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
    relay_lab.main(Relay, mailboxes.missing, nats.missing)
