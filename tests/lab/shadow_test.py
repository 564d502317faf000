#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shadow, which is how Postern ships: deadlines pass, the cases say what would be done, and no line feels anything: not at
the gate, not at its NAS, not when it logs in."""

from __future__ import annotations

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
contact_promise = "1m"
deadline = "2s"
block_deadline = "2s"
plug_after = "2s"
plug_needs_person = false
"""
WAITED, RESTRICTED = 1, 2  # the line whose deadline passes, and the one that a person restricts by name
WEB = "198.18.0.80"
DARK, DARK_NETWORK = "198.19.66.0/24", 256 + 66  # the second as syn_flood.py counts


class Shadow(unittest.TestCase):
    def setUp(self) -> None:
        self.lab = lab.Lab(PROGRAMS)
        self.addCleanup(self.lab.close)
        settings = self.lab.directory / "postern.toml"
        text = settings.read_text().replace("[network]\n", f'[network]\ndark = ["{DARK}"]\n')
        settings.write_text(text + SETTINGS)
        self.proxy = nas.join(self.lab)
        for peer in (nas.Nas(self.lab.directory / "nas", "ack", nas.COA_SECRET),
                     nas.Authorise(self.lab.directory / "auth", nas.AUTH_SECRET)):
            self.addCleanup(peer.close)
        self.lab.start()
        self.lab.import_subscribers([f"cust-{n}" for n in (WAITED, RESTRICTED)])
        lab.sh(*self.lab.internet.argv("ip", "addr", "add", f"{WEB}/32", "dev", "lo"))
        self.lab.serve_web(WEB)
        for n in (WAITED, RESTRICTED):
            self.assertTrue(self.lab.radius(self.lab.accounting(1, f"s-{n}", f"cust-{n}", f"10.64.1.{n}")))
            lab.sh(*self.lab.subscriber.argv("ip", "addr", "add", f"10.64.1.{n}/32", "dev", "lo"))

    def knock(self, first_network: int) -> None:
        """Both lines at ten strangers' mail servers."""
        mac = lab.sh("ip", "-o", "link", "show", "sub0").stdout.split("link/ether ")[1].split()[0]
        lab.sh(*self.lab.subscriber.argv(sys.executable, "-B", str(lab.HERE / "peers/syn_flood.py"), "eth0", mac, "20", "10", "2", "10",
                                         str(first_network)))

    def cases(self) -> dict[str, dict[str, Any]]:
        return {c["subscriber_key"]: c for c in (self.lab.ask("case", "list") or {}).get("items", [])}

    def case_of(self, line: int) -> dict[str, Any]:
        return self.cases()[f"cust-{line}"]

    def order(self, line: int, verb: str) -> None:
        done = self.lab.cli("case", verb, str(self.case_of(line)["id"]))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def called(self, line: int) -> dict[str, Any]:
        self.order(line, "confirm")
        return self.case_of(line)

    def feels(self, line: int) -> tuple[bool, str]:
        """Whether its browser reaches the web, and the profile it would log in with."""
        got = lab.sh(*self.lab.subscriber.argv("curl", "-sS", "-m", "5", "--interface", f"10.64.1.{line}", f"http://{WEB}/"),
                     check=False).stdout
        said = nas.log_in(line)
        return got == "the web\n", said.partition("Filter-Id = ")[2].partition("\n")[0]

    def test_nothing_changes_for_any_line(self) -> None:
        normal = (True, '"residential"')
        self.assertEqual([self.feels(WAITED), self.feels(RESTRICTED)], [normal, normal])
        self.knock(0)
        self.knock(DARK_NETWORK)  # a second witness: new mail networks alone never lead to a restriction
        self.assertTrue(lab.came_true(lambda: len(self.cases()) == 2, 30, 0.3), self.lab.log_tail(10))
        for line in (WAITED, RESTRICTED):  # one call for the question, one when it is more than that
            self.assertTrue(lab.came_true(lambda n=line: self.called(n)["deadline_at"], 20, 0.5))
        self.order(RESTRICTED, "restrict")
        orders = self.lab.kinds()["order"]
        # They go on, past every deadline: ten seconds where each is two.
        until = time.monotonic() + 10
        network = 10
        while time.monotonic() < until:
            self.knock(network)
            network += 10
            time.sleep(0.5)
            self.assertEqual([self.feels(WAITED), self.feels(RESTRICTED)], [normal, normal])
        self.assertEqual(self.case_of(WAITED)["state"], "deadline")
        self.assertEqual(self.case_of(RESTRICTED)["state"], "restricted")
        self.assertEqual(self.case_of(RESTRICTED)["disconnected_at"], None)
        self.assertEqual(self.lab.kinds()["order"], orders, "an order went out in shadow")
        self.assertEqual(self.proxy.requests, [], "a NAS was asked in shadow")
        self.assertEqual(self.lab.ask("status")["engine"]["roles"]["gate"]["counters"]["holds"], 0)


if __name__ == "__main__":
    lab.enter()
    PROGRAMS = Path(sys.argv.pop(1))
    if absent := nas.missing():
        sys.exit(lab.skip(f"needs {absent}"))
    unittest.main()
