# SPDX-License-Identifier: Apache-2.0
"""examples/relay as it ships, byte for byte, with real Postfix, Dovecot and swaks, asking Postern in one of its two ways;
for relay_test.py (policy) and relay_milter_test.py (milter). And what holds both ways.

Only these differ from what ships, besides what peers/example_relay.py says: a class with small limits is added, stolen
accounts are held and locked instead of shown only, cases restrict, a listener that offers AUTH without TLS is added, and
Postern's other settings are the lab's."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import lab
import mail_server
from peers import account_hook, example_relay, receivers

RELAY = example_relay.ADDRESSES
OFF_NET = {"4": "192.0.2.2", "6": "2001:db8:ffff::2"}
CANARY = "canary-5e1d-content"
PASSWORD = "correct-horse"
TIGHT = """
[class.tight]
relay_messages_per_hour = 3
relay_recipients_per_hour = 6
relay_megabytes_per_hour = 1
relay_domains_per_hour = 2
relay_recipients_per_message = 4
[class.club]
relay_class_recipients_per_hour = 4
"""
# From where accounts are used, in three countries; in the last of them a honey account is used too.
PLACES = {"4": ("192.0.2.2", "198.51.100.3", "198.51.101.3"),
          "6": ("2001:db8:ffff::2", "2001:db8:fffe::3", "2001:db8:fffd::3")}
ORIGINS = """\
192.0.2.0/24,64500,DE,52,13
198.51.100.0/24,64501,FR,48,2
198.51.101.0/24,64502,BR,-23,-46
2001:db8:ffff::/48,64500,DE,52,13
2001:db8:fffe::/48,64501,FR,48,2
2001:db8:fffd::/48,64502,BR,-23,-46
"""
CASES = """
[casework]
restrict = "on"
"""
CLEAR_PORT = "10588"
CLEAR = f"""
{CLEAR_PORT} inet n - n - - smtpd
  -o smtpd_tls_auth_only=no
"""
# [relay]: over TCP, to a listener of each family; and one that asks with less patience, for the tests in which nobody answers.
TCP = """listen = ["127.0.0.1:10040", "[::1]:10040"]
milter = ["127.0.0.1:10041", "[::1]:10041"]
honey_accounts = ["bait@isp.example"]
origins = "ORIGINS"
"""
POLICY_PORT = {"4": "10594", "6": "10596"}
MILTER_PORT = {"4": "10574", "6": "10576"}
HASTY_PORT = 10589
MORE_LISTENERS = "".join(f"""\
{POLICY_PORT[family]} inet n - n - - smtpd
  -o {{ smtpd_milters = }}
  -o {{ smtpd_relay_restrictions = check_policy_service {{ inet:{host}:10040, default_action=451 }}, permit_mynetworks, reject }}
  -o {{ smtpd_data_restrictions = check_policy_service inet:{host}:10040 }}
  -o {{ smtpd_end_of_data_restrictions = check_policy_service inet:{host}:10040 }}
{MILTER_PORT[family]} inet n - n - - smtpd
  -o {{ smtpd_milters = {{ inet:{host}:10041, default_action=tempfail }} }}
  -o {{ smtpd_relay_restrictions = permit_mynetworks, reject }}
  -o {{ smtpd_data_restrictions = }}
  -o {{ smtpd_end_of_data_restrictions = }}
""" for family, host in (("4", "127.0.0.1"), ("6", "[::1]")))
HASTY_POLICY = """\
  -o { postern_policy = check_policy_service { unix:/run/postern/policy.sock, timeout=3s, try_limit=1, default_action=DUNNO } }
"""
HASTY_MILTER = """\
  -o { smtpd_milters = { unix:/run/postern/milter.sock, command_timeout=3s, content_timeout=3s, default_action=accept } }
"""
# A line for each test, so that none spends another's limits; n is its address in both families.
LINES = {name: n for n, name in enumerate(("home", "kept", "hung", "messages4", "messages6", "recipients4", "recipients6",
                                           "domains4", "domains6", "size4", "size6", "tcp4", "tcp6", "many4", "many6", "owner4",
                                           "owner6", "thief4", "thief6", "invalid4", "invalid6", "slow", "club4", "club6", "cgn",
                                           "logged", "victim", "calm"), 1)}
# Of these lines: the account, and where its owner reads mail.
OWNERS = {"owner4": ("Stolen4@isp.example", "stolen4@isp.example"), "owner6": ("Stolen6@isp.example", ""),
          "victim": ("Taken@isp.example", "victim@home.example"), "calm": ("calm@isp.example", "")}
NOBODY = 200  # an address that no session has


def address(n: int, family: str) -> str:
    return f"10.64.1.{n}" if family == "4" else f"2001:db8:100:{n:x}::1"


def example_relay_settings() -> str:
    """[relay] and the classes of the example, as they stand there."""
    text = (example_relay.EXAMPLE / "postern.toml").read_text()
    return text[text.index("[relay]"):]


class RelayLab(unittest.TestCase):
    programs: ClassVar[Path]
    milter: ClassVar[bool] = False
    settings: ClassVar[str] = ""  # more of postern.toml
    dovecot: ClassVar[dict[str, str]] = {}  # words of the shipped dovecot.conf -> other words
    users: ClassVar[dict[str, str]] = {f"{u}@isp.example": PASSWORD for u in ("bait", "taken", "calm", *(
        f"{who}{f}" for who in ("away", "old", "stolen", "busy", "roams", "near") for f in "46"))}
    lab: lab.Lab
    hook: account_hook.AccountHook
    relay: example_relay.ExampleRelay
    receivers: receivers.Receivers

    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = lab.Lab(cls.programs)
        cls.addClassCleanup(cls.lab.close)
        cls.network()
        cls.hook = account_hook.AccountHook(cls.lab.directory, cls.of_hook())
        cls.addClassCleanup(cls.hook.close)
        toml = cls.lab.directory / "postern.toml"
        relay = 'relay = ["203.0.113.25/32"'
        modes = example_relay_settings().replace('_mode = "shadow"', '_mode = "on"')
        origins = cls.lab.directory / "origins.csv"
        origins.write_text(ORIGINS)
        modes = modes.replace("[relay]\n", "[relay]\n" + TCP.replace("ORIGINS", str(origins)))
        toml.write_text(toml.read_text().replace(relay, relay + ', "2001:db8:25::25"') + modes + TIGHT + CASES
                        + cls.hook.settings + cls.settings)
        tomllib.loads(toml.read_text())
        cls.lab.start()
        cls.subscribers()
        hasty = f"{HASTY_PORT} inet n - n - - smtpd\n{HASTY_MILTER if cls.milter else HASTY_POLICY}"
        cls.relay = example_relay.ExampleRelay(milter=cls.milter, users=cls.users, listeners=hasty, dovecot=cls.dovecot)
        cls.addClassCleanup(cls.relay.close)
        cls.receivers = receivers.Receivers(cls.lab.internet, cls.lab.directory)
        cls.addClassCleanup(cls.receivers.close)

    @classmethod
    def of_hook(cls) -> dict[str, str]:
        """Words of the shipped account-hook.toml -> words of this test."""
        return {}

    @classmethod
    def network(cls) -> None:
        for a in RELAY.values():
            lab.sh("ip", "addr", "add", a, "dev", "lo", *(["nodad"] if ":" in a else []))
        lab.sh("ip", "addr", "add", "2001:db8:100:ffff::1/64", "dev", "sub0", "nodad")
        lab.sh("ip", "addr", "add", "2001:db8:ffff::1/64", "dev", "up0", "nodad")
        lab.sh("ip", "-6", "route", "add", "2001:db8:100::/40", "via", "2001:db8:100:ffff::2")
        for there in PLACES["6"][1:]:
            lab.sh("ip", "-6", "route", "add", there, "via", OFF_NET["6"])
        inside = ["ip addr add 2001:db8:100:ffff::2/64 dev eth0 nodad", "ip -6 route add default via 2001:db8:100:ffff::1"]
        for n in (*LINES.values(), NOBODY):
            inside += [f"ip addr add {address(n, '4')}/32 dev lo", f"ip addr add {address(n, '6')}/128 dev lo nodad"]
        lab.sh(*cls.lab.subscriber.argv("sh", "-ec", "\n".join(inside)))
        lab.sh(*cls.lab.internet.argv("sh", "-ec", "ip addr add 2001:db8:ffff::2/64 dev eth0 nodad; "
                                      "ip -6 route add default via 2001:db8:ffff::1; ip addr add 192.0.2.2/32 dev lo; "
                                      + "; ".join(f"ip addr add {a} dev lo" for f in "46" for a in PLACES[f][1:])))

    @classmethod
    def subscribers(cls) -> None:
        file = cls.lab.directory / "subscribers.csv"
        tight = [name for name, n in LINES.items() if name[-1] in "46" and n <= LINES["many6"] or name == "slow"]
        rows = [f"{name},{'club' if 'club' in name else 'tight' if name in tight else 'residential'},{address(n, '4')} "
                f"2001:db8:100:{n:x}::/64,sub0,{','.join(OWNERS.get(name, ('', '')))},+1 555 01{n:02}"
                for name, n in LINES.items()]
        file.write_text("key,class,prefixes,access,accounts,mail,phone\n" + "\n".join(rows) + "\n")
        done = cls.lab.cli("subscriber", "import", str(file))
        if done.returncode != 0:
            raise RuntimeError(done.stdout + done.stderr)
        if not lab.came_true(lambda: cls.edge("table_lines") >= 2 * len(LINES), 30):
            raise RuntimeError("the edge has no table")

    @classmethod
    def edge(cls, counter: str) -> int:
        roles = (cls.lab.ask("status") or {}).get("engine", {}).get("roles", {})
        return roles.get("edge", {}).get("counters", {}).get(counter, 0)

    def send(self, source: str | None, family: str, *more: str, n: int = 0, recipients: str = "u@[192.0.2.2]") -> str:
        """swaks from the subscriber's side (or, without a source line, from the Internet): the whole conversation."""
        peer = self.lab.subscriber if source else self.lab.internet
        mine = address(n or LINES[source or ""], family) if source else OFF_NET[family]
        return lab.sh(*peer.argv("swaks", "--server", RELAY[family], "--local-interface", mine, "--from", "me@isp.example",
                                 "--to", recipients, "--helo", "client.example", "--header", f"Subject: {CANARY}",
                                 "--body", CANARY, "--suppress-data", *more), check=False).stdout

    def usage(self, who: str, kind: str = "line") -> dict[str, Any]:
        rows = (self.lab.ask("relay", "show", who) or {}).get("items", [])
        return next((r for r in rows if r["kind"] == kind), {})

    def account(self, name: str) -> dict[str, Any]:
        return self.lab.ask("account", "show", name) or {"state": "?", "hook": "?"}

    @staticmethod
    def auth(user: str) -> tuple[str, ...]:
        return "--auth", "PLAIN", "--auth-user", f"{user}@isp.example", "--auth-password", PASSWORD

    def checked(self, *more: str) -> subprocess.CompletedProcess[str]:
        return self.lab.cli("relay", "check", str(self.lab.directory / "postern.toml"), *more)

    def finds(self, key: str, value: str, fault: str) -> None:
        """`relay check` of the Postfix that runs, with one parameter changed."""
        with self.subTest(key=key, value=value), example_relay.changed_copy(key, value) as changed:
            bad = self.checked("--postfix", changed)
            self.assertEqual(bad.returncode, 1, bad.stdout + bad.stderr)
            self.assertIn(fault, bad.stdout)

    def in_the_middle(self, who: str, family: str, between: str, port: int = 25, user: str = "") -> subprocess.Popen[str]:
        """A message whose client waits for a line on its input after its recipients."""
        sign_in = f"s.starttls(); s.ehlo('client.example'); s.login('{user}', '{PASSWORD}')\n" if user else ""
        code = ("import smtplib,sys\n"
                f"s = smtplib.SMTP('{RELAY[family]}', {port}, source_address=('{address(LINES[who], family)}', 0), timeout=120)\n"
                f"s.ehlo('client.example')\n{sign_in}s.mail('me@isp.example')\n"
                "print(s.rcpt('a@[192.0.2.2]')[0], s.rcpt('b@[192.0.2.2]')[0], flush=True)\n"
                f"sys.stdin.readline()  # {between}\n"
                f"print(s.data(b'Subject: {CANARY}\\n\\n{CANARY}\\n'), flush=True)\n")
        return subprocess.Popen(self.lab.subscriber.argv(sys.executable, "-c", code), stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, text=True, preexec_fn=lab.die_with_parent)

    def finish(self, client: subprocess.Popen[str]) -> str:
        return finish_all([client])[0]

    def listens(self, services: str, port: int) -> None:
        """Postfix has more listeners until the test ends."""
        master = Path("/etc/postfix/master.cf")
        before = master.read_text()
        self.addCleanup(lambda: (master.write_text(before), lab.sh("postfix", "reload")))
        master.write_text(before + services)
        lab.sh("postfix", "reload")
        self.assertTrue(lab.came_true(lambda: all(mail_server.answers(a, port) for a in RELAY.values()), 30),
                        example_relay.maillog()[-900:])

    # What holds both ways.

    def test_a_line_sends_by_its_session(self) -> None:
        for family in "46":
            self.assertIn("250 2.0.0 Ok: queued", self.send("home", family))
        used = self.usage("home")
        self.assertEqual((used["messages_hour"], used["recipients_hour"], used["domains_hour"]), (2, 2, 1), used)
        self.assertEqual(used["messages_hour_limit"], 60, "the example's")
        self.assertGreaterEqual(used["kilobytes_hour"], 2)

    def test_an_address_without_a_session(self) -> None:
        for family in "46":
            self.assertRegex(self.send("home", family, n=NOBODY), r"450 4\.7\.1 .*belongs to no line that is online")

    def test_off_net_has_to_sign_in(self) -> None:
        for family in "46":
            self.assertRegex(self.send(None, family), r"530 5\.7\.0 .*sign in with your mail account")
            user = f"away{family}"
            self.assertIn("250 2.0.0 Ok: queued", self.send(None, family, "--port", "587", "--tls", *self.auth(user)))
            self.assertIn("250 2.0.0 Ok: queued", self.send(None, family, "--port", "465", "--tlsc", *self.auth(user)))
            self.assertEqual(self.usage(f"{user}@isp.example", "account")["messages_hour"], 2)

    def test_auth_on_port_25_has_ended(self) -> None:
        for family in "46":
            said = self.send(None, family, "--port", "25", "--tls", *self.auth(f"old{family}"))
            self.assertRegex(said, r"550 5\.7\.1 .*Signing in on port 25 has ended: .*port 587")

    def test_a_password_in_the_clear(self) -> None:
        """A listener that offers AUTH without TLS all the same: Postern refuses what comes that way."""
        self.listens(CLEAR, int(CLEAR_PORT))
        for family in "46":
            said = self.send(None, family, "--port", CLEAR_PORT, *self.auth(f"away{family}"))
            self.assertRegex(said, r"538 5\.7\.11 .*Encryption required: .*change your password")

    def test_messages(self) -> None:
        for family in "46":
            who = f"messages{family}"
            for _ in range(3):
                self.assertIn("250 2.0.0 Ok: queued", self.send(who, family))
            self.assertRegex(self.send(who, family), r"450 4\.7\.1 .*Your line reached its limit of 3 messages within one hour")
            self.assertEqual(self.usage(who)["messages_hour"], 3)
            self.assertGreater(self.usage(who)["refused"], 0)

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

    def test_one_set_of_limits_whichever_way_it_is_asked(self) -> None:
        """As it ships, and over TCP both ways; the third is the last of the hour, and nobody takes a fourth."""
        ways = (("--port", "25"), ("--port", POLICY_PORT["4"]), ("--port", MILTER_PORT["6"])), (
            ("--port", "25"), ("--port", POLICY_PORT["6"]), ("--port", MILTER_PORT["4"]))
        self.listens(MORE_LISTENERS, int(MILTER_PORT["6"]))
        for family, asked in zip("46", ways, strict=True):
            for way in asked:
                self.assertIn("250 2.0.0 Ok: queued", self.send(f"tcp{family}", family, *way))
            self.assertEqual(self.usage(f"tcp{family}")["messages_hour"], 3)
            for way in asked:
                self.assertRegex(self.send(f"tcp{family}", family, *way), r"450 4\.7\.1 .*limit of 3 messages within one hour")

    def test_recipients_of_one_message(self) -> None:
        for family in "46":
            to = ",".join(f"u{i}@[192.0.2.2]" for i in range(5))
            said = self.send(f"many{family}", family, recipients=to)
            self.assertRegex(said, r"452 4\.5\.3 .*Not more than 4 recipients")
            self.assertIn("250 2.0.0 Ok: queued", said, "to the first four")

    def test_size(self) -> None:
        for family in "46":
            who = f"size{family}"
            body = self.lab.directory / "body"
            body.write_text(("x" * 76 + "\n") * 8_000)
            self.assertIn("250 2.0.0 Ok: queued", self.send(who, family, "--body", f"@{body}"))
            said = self.send(who, family, "--body", f"@{body}")
            self.assertRegex(said, r"450 4\.7\.1 .*limit of 1024 kB of mail")
            self.assertLess(self.usage(who)["kilobytes_hour"], 1_024)
            self.assertGreater(self.usage(who)["kilobytes_hour"], 590)

    def test_recipients_that_do_not_exist(self) -> None:
        """From the twentieth recipient within the hour on; Postfix says who does not exist."""
        for family in "46":
            who = f"invalid{family}"
            to = ",".join([f"u{i}@[192.0.2.2]" for i in range(4)] + [f"gone{i}@known.example" for i in range(3)])
            for _ in range(3):
                said = self.send(who, family, recipients=to)
                self.assertEqual(said.count("550 5.1.1 "), 3, said)
                self.assertIn("250 2.0.0 Ok: queued", said)
            self.assertEqual((self.usage(who)["recipients_hour"], self.usage(who)["invalid_hour"]), (21, 9))
            self.assertRegex(self.send(who, family), r"450 4\.7\.1 .*limit of 30 % of recipients that do not exist")

    def test_a_line_that_a_case_holds_back(self) -> None:
        """It keeps a tenth of its class's limits: of three messages an hour one, over both families together."""
        code = ("import socket,sys\nfor n in range(1,13):\n  s=socket.socket()\n  s.bind((sys.argv[1],0))\n  s.settimeout(1)\n"
                "  try: s.connect((f'198.51.{n}.25',25)); s.recv(99)\n  except OSError: pass\n  s.close()\n")
        lab.sh(*self.lab.subscriber.argv(sys.executable, "-c", code, address(LINES["slow"], "4")), timeout=120)

        def case() -> dict[str, Any]:
            listed = (self.lab.ask("case", "list") or {}).get("items", [])
            return next((c for c in listed if c["subscriber_key"] == "slow"), {})

        self.assertTrue(lab.came_true(case, 60, 0.3), self.lab.log_tail(12))
        for verb in ("confirm", "restrict"):
            done = self.lab.cli("case", verb, str(case()["id"]))
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("250 2.0.0 Ok: queued", self.send("slow", "4"))
        self.assertTrue(self.usage("slow")["held"])
        refused = r"450 4\.7\.1 .*Your line reached its limit of 1 messages within one hour"
        self.assertTrue(lab.came_true(lambda: re.search(refused, self.send("slow", "6")), 30, 0.5), self.usage("slow"))

    def test_zz_nothing_of_a_message_is_kept(self) -> None:
        """After all others (by name): what was sent is delivered, and no content of it is in the journal, in the log, in the
        memory of the meters or in the file they are saved to; and what has to be there is found in the same places."""
        self.assertIn("Ok: queued", self.send("home", "4", recipients="u@nowhere.example"))
        lab.sh("postqueue", "-f")
        self.assertTrue(lab.came_true(lambda: example_relay.maillog().count("status=sent") >= 10, 60),
                        example_relay.maillog()[-2_000:])
        self.assertTrue(lab.came_true(lambda: holds(CANARY, "/var/spool/postfix"), 30), "Postfix has what it cannot deliver")
        self.assertTrue(holds("SQLite format 3", str(self.lab.state)))
        self.assertTrue(holds("ROLE_STARTED", str(self.lab.log)))
        edge = self.lab.role_pids()["edge"]
        [memory] = [Path(f"/proc/{edge}/fd/{fd}") for fd in os.listdir(f"/proc/{edge}/fd")
                    if "relay-meters" in os.readlink(f"/proc/{edge}/fd/{fd}")][:1]
        meters = [memory.read_bytes()]
        self.assertEqual(self.edge("relay.broken_total") + self.edge("relay.milter_broken_total"), 0)
        before = self.usage("home")
        self.lab.stop()
        saved = self.lab.directory / "relay.meters"
        self.assertEqual(saved.stat().st_mode & 0o777, 0o600)
        meters.append(saved.read_bytes())
        for data in meters:
            self.assertIn(b"away4@isp.example", data)
            self.assertNotIn(CANARY.encode(), data)
            self.assertNotIn(PASSWORD.encode(), data)
        for place in (self.lab.state, self.lab.log):
            self.assertFalse(holds(CANARY, str(place)))
            self.assertFalse(holds(PASSWORD, str(place)))
        self.lab.start()  # what was counted outlives posternd
        self.assertTrue(lab.came_true(lambda: self.usage("home") != {}, 30))
        after = self.usage("home")
        self.assertEqual({k: v for k, v in after.items() if k.endswith(("_hour", "_day"))},
                         {k: v for k, v in before.items() if k.endswith(("_hour", "_day"))})


def finish_all(clients: list[subprocess.Popen[str]]) -> list[str]:
    """What the clients of in_the_middle() are told, once they have gone on together."""
    for client in clients:
        client.stdin.write("\n")
        client.stdin.flush()
    return [client.communicate(timeout=120)[0] for client in clients]


def holds(text: str, place: str) -> bool:
    return subprocess.run(["grep", "-rqaF", text, place], capture_output=True, check=False).returncode == 0


def main(way: type[RelayLab], *more: Callable[[], str]) -> None:
    """`more`: what else is missing here, besides what each relay needs."""
    if gone := next((g for missing in (mail_server.missing, *more) if (g := missing())), ""):
        sys.exit(lab.skip(f"{gone} is not installed"))
    lab.enter()
    example_relay.enter_private_places()
    way.programs = Path(sys.argv.pop(1)).resolve()
    unittest.main()
