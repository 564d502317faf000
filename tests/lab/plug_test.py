#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The plug with the real FreeRADIUS on both sides: as a NAS that misbehaves in every way, and as the server that
authorises lines. What Postern says of a line is held against what the line really gets."""

from __future__ import annotations

import os
import signal
import sys
import time
import unittest
from pathlib import Path
from typing import Any

import lab
from peers import nas

PROGRAMS = Path()
SETTINGS = """
[casework]
plug = "on"
"""
LINES = 14


class Plug(unittest.TestCase):
    lab: lab.Lab
    proxy: nas.Proxy

    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = lab.Lab(PROGRAMS)
        cls.addClassCleanup(cls.lab.close)
        with open(cls.lab.directory / "postern.toml", "a") as out:
            out.write(SETTINGS)
        cls.proxy = nas.join(cls.lab, coa='retransmit_after = "1s"\nattempts = 2')
        cls.authorise = nas.Authorise(cls.lab.directory / "auth", nas.AUTH_SECRET)
        cls.addClassCleanup(cls.authorise.close)
        cls.lab.start()
        cls.lab.import_subscribers([f"cust-{n}" for n in range(1, LINES + 1)])
        for n in range(1, LINES + 1):
            assert cls.lab.radius(cls.lab.accounting(1, f"s-{n}", f"cust-{n}", f"10.64.1.{n}"))
        mac = lab.sh("ip", "-o", "link", "show", "sub0").stdout.split("link/ether ")[1].split()[0]
        # Each line knocks at strangers' mail servers: that makes a case of it.
        lab.sh(*cls.lab.subscriber.argv(sys.executable, "-B", str(lab.HERE / "peers/syn_flood.py"), "eth0", mac, str(LINES * 60),
                                        "20", str(LINES), "60", "0"))
        assert lab.came_true(lambda: len(cls.cases()) == LINES, 60, 0.5), f"{cls.cases()}\n{cls.lab.log_tail(10)}"

    @classmethod
    def cases(cls) -> dict[str, dict[str, Any]]:
        return {c["subscriber_key"]: c for c in (cls.lab.ask("case", "list") or {}).get("items", [])}

    def nas(self, behaviour: str, secret: str = nas.COA_SECRET) -> nas.Nas:
        server = nas.Nas(self.lab.directory / "nas", behaviour, secret)
        self.addCleanup(server.close)
        return server

    def order(self, line: int, verb: str) -> None:
        number = str(self.cases()[f"cust-{line}"]["id"])
        done = self.lab.cli("case", verb, number)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def pull(self, line: int) -> None:
        for verb in ("confirm", "restrict", "disconnect"):
            self.order(line, verb)

    def said(self, line: int) -> tuple[str, str]:
        """The last word of radius_coa about the line's live session, and its detail."""
        number = str(self.cases()[f"cust-{line}"]["id"])
        shown = self.lab.ask("case", "show", number) or {}
        words = [(r["says"], r["detail"]) for r in shown.get("in_force", []) if r["actuator"] == "radius_coa"]
        return words[-1] if words else ("", "")

    def wait_for(self, line: int, word: str, detail: str, timeout: float = 40) -> None:
        def told() -> bool:
            said = self.said(line)
            return said[0] == word and detail in said[1]

        self.assertTrue(lab.came_true(told, timeout, 0.3),
                        f"cust-{line}: {self.said(line)}, wanted {word}: {detail}\n{self.lab.log_tail(8)}")
        self.assertIn(f"radius_coa says {word}", self.lab.cli("explain", f"cust-{line}").stdout)

    def counter(self, name: str) -> int:
        return self.lab.ask("status")["engine"]["roles"]["act"]["counters"]["radius_coa." + name]

    def stop(self, line: int, session: str = "") -> None:
        self.assertTrue(self.lab.radius(self.lab.accounting(2, session or f"s-{line}", f"cust-{line}", f"10.64.1.{line}")))

    def test_01_ack_is_acknowledged_and_release_undoes_it(self) -> None:
        server = self.nas("ack")
        self.pull(1)
        self.wait_for(1, "acknowledged", "CoA-Request acknowledged")
        asked = server.asked("CoA-Request")
        self.assertEqual(len(asked), 1, server.text()[-3000:])
        for part in ('User-Name = "cust-1"', 'Acct-Session-Id = "s-1"', 'Filter-Id = "postern-garden"', "Event-Timestamp",
                     "Message-Authenticator"):
            self.assertIn(part, asked[0])
        self.pull(14)  # and is left alone: test_10
        self.wait_for(14, "acknowledged", "CoA-Request acknowledged")
        self.order(1, "release")
        self.assertTrue(lab.came_true(lambda: len(server.asked("CoA-Request")) == 3, 20), server.text()[-2000:])
        self.assertIn('Filter-Id = "residential"', server.asked("CoA-Request")[2])
        self.wait_for(1, "acknowledged", "CoA-Request acknowledged")

    def test_02_silence_leads_to_disconnect_and_the_gate_alone(self) -> None:
        server = self.nas("silent")
        self.pull(2)
        self.wait_for(2, "lost", "Disconnect-Request to 127.0.0.1 at 127.0.0.1:13798: no answer to 2 packets")
        self.assertGreaterEqual(len(server.asked("CoA-Request")), 1)
        sent = [p for p in self.proxy.requests if b"cust-2" in p]
        self.assertEqual([p[0] for p in sent], [43, 43, 40, 40])
        self.assertEqual(sent[0], sent[1], "a packet that is sent again is the same bytes")
        self.assertEqual(sent[2], sent[3])

    def test_03_a_nak_says_why_and_the_next_method_is_tried(self) -> None:
        for line, cause, name in ((3, 407, "Invalid-Attribute-Value"), (4, 501, "Administratively-Prohibited")):
            with self.subTest(cause=cause):
                server = self.nas(nas.nak(cause))
                self.pull(line)
                self.wait_for(line, "refused", f"Disconnect-Request: NAK {cause} ({name})")
                self.assertEqual(len(server.asked("CoA-Request")), 1)
                server.close()

    def test_04_a_session_the_nas_does_not_have(self) -> None:
        self.nas(nas.nak(503))
        self.pull(5)
        self.wait_for(5, "withdrawn", "CoA-Request: NAK 503 (Session-Context-Not-Found)")

    def test_05_another_secret_is_silence_and_a_bent_answer_is_not(self) -> None:
        server = self.nas("ack", "another")
        self.pull(6)
        self.wait_for(6, "lost", "Disconnect-Request to 127.0.0.1 at 127.0.0.1:13798: no answer")
        server.close()
        self.nas("ack")
        self.proxy.spoil = True
        self.addCleanup(setattr, self.proxy, "spoil", False)
        self.pull(7)
        self.wait_for(7, "lost", "none with an authenticator that fits: the secret differs")
        self.assertTrue(lab.came_true(lambda: self.counter("wrong_secret_total") >= 2, 10))

    def test_06_a_doubled_answer_is_one(self) -> None:
        server = self.nas("ack")
        self.proxy.double = True
        self.addCleanup(setattr, self.proxy, "double", False)
        self.pull(8)
        self.wait_for(8, "acknowledged", "CoA-Request acknowledged")
        self.assertEqual(len(server.asked("CoA-Request")), 1)
        self.assertTrue(lab.came_true(lambda: self.counter("duplicate_replies_total") >= 1, 10))

    def test_07_a_nas_whose_clock_is_off(self) -> None:
        self.nas("clock")
        self.pull(9)
        self.wait_for(9, "lost", "its clock is off")

    def test_08_disconnect_is_verified_by_the_end_of_the_session(self) -> None:
        server = self.nas(f"  if (\"%{{Packet-Type}}\" == \"CoA-Request\") {{\n{nas.nak(405)}\n  }}\n  ok")
        self.pull(10)
        self.wait_for(10, "acknowledged", "Disconnect-Request acknowledged")
        self.assertEqual(len([r for r in server.asked("Disconnect-Request") if "cust-10" in r]), 1, server.text()[-3000:])
        order = next(r["order"] for r in self.lab.ask("case", "show", str(self.cases()["cust-10"]["id"]))["in_force"]
                     if r["actuator"] == "radius_coa")
        self.stop(10)
        self.assertIn("radius_coa says verified", self.lab.cli("explain", f"order:{order}").stdout)

    def try_the_web(self, line: int) -> None:
        """A browser on the line, toward a stranger's port 443."""
        own = f"10.64.1.{line}"
        lab.sh(*self.lab.subscriber.argv("ip", "addr", "replace", f"{own}/32", "dev", "lo"))
        lab.sh(*self.lab.subscriber.argv(sys.executable, "-c", "import socket\nsocket.create_connection(('198.18.0.80', "
                                         f"443), 1, ('{own}', 0))"), check=False)

    def test_09_an_ack_without_change_is_found_out(self) -> None:
        server = self.nas("ack")
        self.pull(13)

        def found_out() -> bool:
            self.try_the_web(13)
            return len(server.asked("Disconnect-Request")) == 1

        # The line still reaches the gate: the NAS did not do what it said, so the next method is tried, and that is no better.
        self.assertTrue(lab.came_true(found_out, 60, 1), f"{self.said(13)}\n{self.lab.log_tail(8)}")
        self.assertIn('Acct-Session-Id = "s-13"', server.asked("Disconnect-Request")[0])

        def gate_alone() -> bool:
            self.try_the_web(13)
            return self.said(13)[0] == "lost" and "but the gate sees" in self.said(13)[1]

        self.assertTrue(lab.came_true(gate_alone, 60, 1), f"{self.said(13)}\n{self.lab.log_tail(8)}")

    def test_10_silence_is_a_proof(self) -> None:
        """Line 14 was acknowledged in the first test and has not been heard of since, while the gate heard of line 13."""

        def proven() -> bool:
            self.try_the_web(13)
            return self.said(14)[0] == "verified"

        self.assertTrue(lab.came_true(proven, 120, 2), f"{self.said(14)}\n{self.lab.log_tail(8)}")
        self.assertIn("no packet of the line outside the garden for 60 s", self.said(14)[1])

    def test_11_a_hold_outlives_every_process(self) -> None:
        """Line 13 is still held by the gate: whoever dies, its browser does not reach the web; line 1 was released."""
        web, own = "198.18.0.81", {}
        lab.sh(*self.lab.internet.argv("ip", "addr", "add", f"{web}/32", "dev", "lo"))
        self.lab.serve_web(web)
        for line in (1, 13):
            own[line] = f"10.64.1.{line}"
            lab.sh(*self.lab.subscriber.argv("ip", "addr", "replace", f"{own[line]}/32", "dev", "lo"))

        def reads(line: int) -> str:
            return lab.sh(*self.lab.subscriber.argv("curl", "-sS", "-m", "3", "--interface", own[line], f"http://{web}/"),
                          check=False).stdout

        self.assertEqual(reads(1), "the web\n")
        self.assertNotEqual(reads(13), "the web\n")
        for role in ("brain", "gate", "edge", "web"):
            pid = self.lab.role_pids()[role]
            os.kill(pid, signal.SIGKILL)
            self.assertTrue(lab.came_true(lambda r=role, p=pid: self.lab.role_pids().get(r, p) != p, 30), role)
            for _ in range(10):
                self.assertNotEqual(reads(13), "the web\n", f"after the {role} died")
                time.sleep(0.2)
            self.assertEqual(reads(1), "the web\n", f"after the {role} died")

    def test_12_a_line_that_redials_comes_back_into_the_garden(self) -> None:
        self.nas("ack")
        self.assertIn('Filter-Id = "residential"', nas.log_in(11))
        self.pull(11)
        self.wait_for(11, "acknowledged", "")
        self.assertTrue(lab.came_true(lambda: "postern-garden" in nas.log_in(11), 10), nas.log_in(11))
        self.assertIn('Filter-Id = "postern-garden"', nas.log_in(11))
        self.assertNotIn("postern-garden", nas.log_in(12))
        for again in ("redial", "reboot"):
            if again == "redial":
                self.stop(11)
            else:  # Accounting-On: the NAS has lost all its sessions
                packet = self.lab.accounting(7, "0", "", "0.0.0.0")
                self.assertTrue(self.lab.radius(packet))
            self.assertIn('Filter-Id = "postern-garden"', nas.log_in(11))
            start = self.lab.accounting(1, f"s-11-{again}", "cust-11", "10.64.1.11", class_name="postern-garden")
            self.assertTrue(self.lab.radius(start))
            self.wait_for(11, "verified", "reports the session with Class postern-garden")
        # The last list stands without the brain; in the same second, as the supervisor starts another.
        os.kill(self.lab.role_pids()["brain"], signal.SIGSTOP)
        try:
            self.assertIn('Filter-Id = "postern-garden"', nas.log_in(11))
        finally:
            os.kill(self.lab.role_pids()["brain"], signal.SIGCONT)
        self.order(11, "release")
        self.assertTrue(lab.came_true(lambda: 'Filter-Id = "residential"' in nas.log_in(11), 20), nas.log_in(11))

    def test_13_roles_killed_in_mid_flight(self) -> None:
        for n in range(LINES):  # the sessions that the restart of the NAS ended
            self.lab.radius(self.lab.accounting(1, f"t-{n + 1}", f"cust-{n + 1}", f"10.64.1.{n + 1}"))
        server = self.nas("silent")
        self.pull(12)
        self.assertTrue(lab.came_true(lambda: any(b"cust-12" in p for p in self.proxy.requests), 20))
        for role in ("act", "brain"):
            os.kill(self.lab.role_pids()[role], signal.SIGKILL)
        server.close()
        server = self.nas("ack")
        self.wait_for(12, "acknowledged", "acknowledged", 60)
        self.assertTrue(server.asked("CoA-Request") or server.asked("Disconnect-Request"))


if __name__ == "__main__":
    lab.enter()
    PROGRAMS = Path(sys.argv.pop(1))
    if absent := nas.missing():
        sys.exit(lab.skip(f"needs {absent}"))
    unittest.main()
