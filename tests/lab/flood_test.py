#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A flood of SYNs and of RADIUS packets does not raise the journal's rate: only findings, cases and checkpoints grow,
and those by what was found out, not by what was sent."""

from __future__ import annotations

import sys
import time
import unittest
from pathlib import Path

import lab
from journal_rate import JournalRate

PROGRAMS = Path()
LINES = 200
NETWORKS = 200  # of each flood; the second one goes to others
SYNS = 60_000
SECONDS_MAX = 15
DECISIONS_PER_LINE_MAX = 8  # stages of a few detectors and one case
START, STOP, INTERIM = 1, 2, 3


def address(line: int) -> str:
    return f"10.64.{1 + line // 200}.{1 + line % 200}"


class Flood(JournalRate):
    def setUp(self) -> None:
        self.lab = lab.Lab(PROGRAMS)
        self.addCleanup(self.lab.close)
        self.lab.start()
        self.lab.import_subscribers([f"line-{n}" for n in range(LINES)])
        self.starts = [self.lab.accounting(START, f"s-{n}", f"line-{n}", address(n)) for n in range(LINES)]
        for packet in self.starts:
            self.assertTrue(self.lab.radius(packet), "a Start is acknowledged")
        self.settle()

    def flood(self, first: int) -> int:
        mac = lab.sh("ip", "-o", "link", "show", "sub0").stdout.split("link/ether ")[1].split()[0]
        said = lab.sh(*self.lab.subscriber.argv(sys.executable, "-B", str(lab.HERE / "peers/syn_flood.py"), "eth0", mac,
                                                str(SYNS), str(SECONDS_MAX), str(LINES), str(NETWORKS), str(first))).stdout
        print(f"flood: {said.split()[0]} SYNs in {said.split()[1]} s from {LINES} lines to {NETWORKS} networks", flush=True)
        return int(said.split()[0])

    def gate_counters(self) -> dict[str, int]:
        return (self.lab.ask("gate", "status") or {}).get("counters", {})

    def judged(self) -> int:
        return sum(self.gate_counters().get(name, 0) for name in ("steered", "over_banners"))

    def test_syns(self) -> None:
        rested, begin = self.settle(), time.monotonic()
        print(f"journal at rest: {dict(rested)}", flush=True)
        sent = self.flood(0)
        self.assertGreater(sent, 10_000)
        # The gate tells its counters once a second.
        lab.came_true(lambda: self.judged() > 10_000, 10)
        seen, judged = self.gate_counters(), self.judged()
        print(f"gate: {judged} judged by verdict, contacts_unreported {seen['contacts_unreported']}, "
              f"events_lost {seen['events_lost']}", flush=True)
        self.assertGreater(judged, 10_000, f"the rest of {sent} did not get through the queues before the gate: {seen}")
        after = self.settle()
        first = self.grown("the first flood", rested, after, time.monotonic() - begin)
        self.assertGreater(first.get("case", 0), 0, "the flood was seen")
        begin = time.monotonic()
        self.flood(NETWORKS)
        last = self.settle()
        second = self.grown("the second flood", after, last, time.monotonic() - begin)
        decided = first.get("finding", 0) + first.get("case", 0)
        self.assertLessEqual(decided, DECISIONS_PER_LINE_MAX * LINES, "by what was found out, not by what was sent")
        self.assertLessEqual(second.get("finding", 0) + second.get("case", 0), LINES)
        self.assertTrue(self.lab.ask("status")["engine"]["healthy"])

    def radius_flood(self) -> None:
        same = other = 0
        for packet in self.starts:  # byte for byte
            for _ in range(20):
                self.lab.radius_socket.sendto(packet, lab.RADIUS)
                same += 1
            time.sleep(0.005)
        for round_ in range(5):  # new requests that are late, or say what is known
            for n in range(LINES):
                for status, session, delay in ((START, f"s-{n}", 0), (START, f"s-{n}", 1800), (STOP, f"s-{n}", 1800),
                                               (INTERIM, f"s-{n}", 900), (STOP, f"gone-{round_}-{n}", 0)):
                    self.lab.radius_socket.sendto(self.lab.accounting(status, session, f"line-{n}", address(n), delay),
                                                  lab.RADIUS)
                    other += 1
                time.sleep(0.005)
        print(f"RADIUS: {same} packets sent again byte for byte, {other} new ones that are late or say nothing new", flush=True)

    def test_radius(self) -> None:
        rested, begin = self.settle(), time.monotonic()
        self.radius_flood()
        after = self.settle()
        # The first late packet of a line teaches that its session is older than was known; that is history, told once.
        growth = self.grown("the RADIUS flood", rested, after, time.monotonic() - begin, frozenset({"session", "checkpoint"}))
        self.assertLessEqual(growth.get("session", 0), LINES)
        begin = time.monotonic()
        self.radius_flood()
        last = self.settle()
        self.grown("the same once more", after, last, time.monotonic() - begin, frozenset({"checkpoint"}))
        counters = self.lab.ask("status")["engine"]["roles"]["edge"]["counters"]
        print("edge: " + ", ".join(f"{k} {v}" for k, v in counters.items() if v and k.startswith("radius")), flush=True)
        self.assertTrue(self.lab.radius(self.lab.accounting(START, "fresh", "line-0", address(0))), "it still listens")
        self.assertTrue(lab.came_true(lambda: self.lab.kinds()["session"] > last["session"], 5), "and writes down news")


if __name__ == "__main__":
    lab.enter()
    PROGRAMS = Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
