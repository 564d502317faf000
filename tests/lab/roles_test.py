#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/threat-model.md, "What each role may do", held against the running processes; the supervisor has no more than the
capabilities of packaging/systemd/posternd.service. And what an operator hears while the role that decides is away."""

from __future__ import annotations

import os
import pwd
import re
import signal
import subprocess
import sys
import unittest
from pathlib import Path

import lab

UNIT = Path(__file__).resolve().parents[2] / "packaging" / "systemd" / "posternd.service"
PROGRAMS = Path()
# linux/capability.h
NUMBERS = {"CAP_NET_ADMIN": 12, "CAP_PERFMON": 38, "CAP_BPF": 39}
GATE = sum(1 << n for n in NUMBERS.values())


class Roles(unittest.TestCase):
    lab: lab.Lab

    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = lab.Lab(PROGRAMS)
        cls.addClassCleanup(cls.lab.close)
        # The real program behind a wrapper with the unit's bounding set.
        listed = re.search(r"^CapabilityBoundingSet=(.+)$", UNIT.read_text(), re.M)
        assert listed is not None
        keep = "".join(",+" + name.removeprefix("CAP_").lower() for name in listed[1].split())
        wrapper = cls.lab.directory / "posternd"
        wrapper.write_text(f'#!/bin/sh\nexec setpriv --bounding-set=-all{keep} {PROGRAMS / "posternd"} "$@"\n')
        wrapper.chmod(0o755)
        cls.lab._daemon = wrapper
        cls.lab.start()

    def status(self, pid: int) -> dict[str, str]:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def test_rights(self) -> None:
        pids = self.lab.role_pids()
        self.assertEqual(set(pids), {"gate", "brain", "edge", "web", "act"})
        user = pwd.getpwnam("nobody")
        mine = os.readlink("/proc/self/ns/net")
        for role, pid in pids.items():
            with self.subTest(role=role):
                status = self.status(pid)
                gate = role == "gate"
                self.assertEqual(status["Uid"].split(), [str(0 if gate else user.pw_uid)] * 4)
                for name in ("CapEff", "CapPrm", "CapBnd"):
                    self.assertEqual(int(status[name], 16), GATE if gate else 0, name)
                self.assertEqual(int(status["CapAmb"], 16), 1 << NUMBERS["CAP_NET_ADMIN"] if gate else 0)
                self.assertEqual(status["NoNewPrivs"], "1")
                if not gate:
                    self.assertEqual(status["Groups"], "")
                self.assertEqual(os.readlink(f"/proc/{pid}/ns/net") == mine, role in ("gate", "act"))
                if role in ("edge", "web", "act"):
                    self.assertEqual(os.listdir(f"/proc/{pid}/root"), [])

    def test_it_works_like_that(self) -> None:
        self.assertTrue(self.lab.radius(self.lab.accounting(1, "s-1", "cust-1", "10.64.0.9")))
        self.assertTrue(self.lab.ask("status")["engine"]["healthy"], self.lab.ask("status")["engine"]["faults"])

    def scraped(self) -> str:
        return lab.sh("curl", "-s", "-m", "20", "http://127.0.0.1:9425/metrics", check=False).stdout

    def test_monitoring_reads_what_status_says(self) -> None:
        self.assertTrue(lab.came_true(lambda: "postern_healthy 1\n" in self.scraped(), 30, 0.3), self.scraped()[:2000])
        seen = self.scraped()
        for line in ("# TYPE postern_gate_events_total counter\n", 'postern_gate_events_total{event="pass_relay"} 0\n',
                     "# TYPE postern_api_connections_open gauge\n", 'postern_garden_names{role="act"}', "postern_web_table_lines ", "postern_gate_interfaces 1\n"):
            self.assertIn(line, seen)
        names = {line.split()[2] for line in seen.splitlines() if line.startswith("# TYPE ")}
        printed = self.lab.cli("metrics")
        self.assertEqual(printed.returncode, 0, printed.stderr)
        self.assertEqual({line.split()[2] for line in printed.stdout.splitlines() if line.startswith("# TYPE ")}, names)
        for how, code in (("http://127.0.0.1:9425/", "404"), ("-XPOST http://127.0.0.1:9425/metrics", "405")):
            self.assertEqual(lab.sh("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", *how.split()).stdout, code)

    def test_who_asks_a_dead_brain_is_told_at_once(self) -> None:
        brain = self.lab.role_pids()["brain"]
        os.kill(brain, signal.SIGSTOP)
        asking = subprocess.Popen([str(PROGRAMS / "postern"), "--socket", str(self.lab.directory / "api.sock"), "status"],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertTrue(lab.came_true(lambda: "api.sock" in lab.sh("ss", "-xH", "state", "connected").stdout, 10))
        os.kill(brain, signal.SIGKILL)
        said, _ = asking.communicate(timeout=30)
        # The HTTP server's own words, when nobody has answered for 10 s, are others.
        self.assertIn("being started again", said)
        self.assertEqual(asking.returncode, 75, said)
        self.assertTrue(lab.came_true(lambda: (self.lab.ask("status") or {}).get("engine", {}).get("healthy"), 30))


if __name__ == "__main__":
    lab.enter()
    PROGRAMS = Path(sys.argv.pop(1)).resolve()
    unittest.main()
