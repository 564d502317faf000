#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The journal's disk fills up (a real ENOSPC): RADIUS is not acknowledged, nothing dies, `postern status` says why; when
there is room again everything that was told is in the journal once."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
import unittest
from contextlib import closing
from pathlib import Path

import lab

PROGRAMS = Path()
SIZE = "2m"
TRIES_MAX = 400  # Starts until the write-ahead log has used up the room it already had
START = 1


class DiskFull(unittest.TestCase):
    def setUp(self) -> None:
        state = Path("/mnt/pn-lab-state")
        lab.sh("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/mnt")  # private: nobody else sees it
        self.addCleanup(lab.sh, "umount", "/mnt")
        state.mkdir()
        lab.sh("mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "tmpfs", str(state))
        self.addCleanup(lab.sh, "umount", "--lazy", str(state))
        self.ballast = state / "ballast"
        self.lab = lab.Lab(PROGRAMS, state)
        self.addCleanup(self.lab.close)
        self.lab.start()
        self.lab.import_subscribers(["cust-1", "cust-2"])
        self.told: list[str] = []
        self.packets: dict[str, bytes] = {}

    def fill(self) -> None:
        with open(self.ballast, "wb", buffering=0) as out:
            for size in (65536, 4096, 1):
                try:
                    while True:
                        out.write(bytes(size))
                except OSError as full:
                    self.assertEqual(full.errno, 28, full)  # ENOSPC

    def start_session(self, timeout: float = 2.0, tries: int = 1) -> bool:
        name = f"full-{len(self.told)}"
        self.packets[name] = self.lab.accounting(START, name, "cust-1", f"10.64.7.{1 + len(self.told) % 250}")
        self.told.append(name)
        return self.lab.radius(self.packets[name], timeout, tries)

    def until_full(self) -> int:
        """Fills the disk and goes on until a Start finds no room; how many still did."""
        self.fill()
        for found_room in range(TRIES_MAX):
            if not self.start_session():
                return found_room
        self.fail(f"{TRIES_MAX} Starts were acknowledged on a full disk")

    def faults(self) -> list[str]:
        return (self.lab.ask("status") or {}).get("engine", {}).get("faults", ["no answer"])

    def times_in_journal(self, name: str) -> int:
        return json.dumps(self.lab.ask("session", "list")).count(f'"{name}"')

    def all_there_once(self, before: list[tuple[object, ...]]) -> None:
        listed = {name: self.times_in_journal(name) for name in self.told}
        self.assertEqual(set(listed.values()), {1}, {k: v for k, v in listed.items() if v != 1})
        after = self.lab.journal()
        self.assertEqual(after[:len(before)], before, "what was there is unchanged")
        self.assertEqual([row[0] for row in after], list(range(1, len(after) + 1)), "no gap, nothing doubled")
        sessions = [row for row in after if lab.KINDS[row[1]] == "session"]
        self.assertEqual(len(sessions), len({(row[3], row[4]) for row in sessions}))
        with closing(sqlite3.connect(f"file:{self.lab.state}/journal.db?mode=ro", uri=True)) as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchone()[0], "ok")

    def test_holds_and_goes_on(self) -> None:
        self.assertTrue(self.start_session(tries=3))
        pids = self.lab.role_pids()
        found_room = self.until_full()
        before = self.lab.journal()
        for _ in range(3):
            self.assertFalse(self.start_session(timeout=0.3), "not in the journal, so not acknowledged")
        self.assertFalse(self.lab.radius(self.packets[self.told[-1]], 0.5, 2), "not when it is sent again either")
        faults = self.faults()
        self.assertTrue(any("journal: " in f and "disk is full" in f for f in faults), faults)
        self.assertFalse(self.lab.ask("status")["engine"]["healthy"])
        refused = self.lab.cli("permit", "grant", "cust-2", "--kind", "own_server", "--terms", "1", "--for", "1d")
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("disk is full", refused.stdout + refused.stderr)
        self.assertIn("JOURNAL_HOLD", self.lab.log.read_text())
        time.sleep(3)
        self.assertEqual(self.lab.role_pids(), pids, "no process died")
        self.assertEqual(self.lab.journal(), before, "nothing was written")
        print(f"full: {found_room} Starts still found room, 4 did not and were not acknowledged; status: {faults}", flush=True)

        self.ballast.unlink()
        begin = time.monotonic()
        self.assertTrue(lab.came_true(lambda: self.faults() == [], 10), self.faults())
        print(f"room again: healthy after {time.monotonic() - begin:.1f} s", flush=True)
        for name in self.told:
            self.assertTrue(self.lab.radius(self.packets[name]), f"{name} is acknowledged when the NAS sends it again")
        self.assertTrue(self.start_session(tries=3))
        self.all_there_once(before)
        self.assertEqual(self.lab.role_pids(), pids, "no process died")

    def test_a_brain_killed_meanwhile_loses_nothing(self) -> None:
        self.until_full()
        before = self.lab.journal()
        first = self.lab.role_pids()["brain"]
        self.assertFalse(self.start_session(timeout=0.3))
        lab.sh("kill", "-9", str(first))
        self.assertTrue(lab.came_true(lambda: self.lab.role_pids().get("brain", first) != first, 10))
        self.start_session(timeout=0.5)  # its successor may find room in the log it has just read
        self.ballast.unlink()
        self.assertTrue(lab.came_true(lambda: self.faults() == [], 20), self.faults())
        for name in self.told:
            self.assertTrue(self.lab.radius(self.packets[name]), f"{name} is acknowledged when the NAS sends it again")
        self.all_there_once(before)
        print("a brain killed with -9 on a full disk: nothing lost, nothing doubled", flush=True)

    def test_started_on_a_full_disk_it_enforces_and_waits(self) -> None:
        self.assertTrue(self.start_session(tries=3))
        self.until_full()
        self.lab.stop()
        self.fill()  # a log that was closed gives its room back
        self.lab.start()  # returns when the interface is governed
        self.until_full()
        before = self.lab.journal()
        self.assertTrue(lab.came_true(lambda: any("disk is full" in f for f in self.faults()), 20), self.faults())
        self.ballast.unlink()
        self.assertTrue(lab.came_true(lambda: self.faults() == [], 20), self.faults())
        for name in self.told:
            self.assertTrue(self.lab.radius(self.packets[name]), f"{name} is acknowledged when the NAS sends it again")
        self.all_there_once(before)


if __name__ == "__main__":
    lab.enter()
    PROGRAMS = Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
