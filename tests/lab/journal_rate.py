# SPDX-License-Identifier: Apache-2.0
"""What a flood may do to the journal: findings, cases and checkpoints grow, by what was found out and not by what was
sent. A mixin of tests that have a `self.lab`."""

from __future__ import annotations

import time
import unittest
from collections import Counter

import lab

MAY_GROW = frozenset({"finding", "case", "checkpoint"})
CHECKPOINT_S = 10  # daemon/brain: at most one in so many seconds


class JournalRate(unittest.TestCase):
    lab: lab.Lab

    def settle(self) -> Counter[str]:
        """The journal's counts by kind once nothing but checkpoints has come for two seconds."""
        before = self.lab.kinds()
        for _ in range(30):
            time.sleep(2)
            now = self.lab.kinds()
            if {k: n for k, n in now.items() if k != "checkpoint"} == {k: n for k, n in before.items() if k != "checkpoint"}:
                return now
            before = now
        self.fail(f"the journal does not come to rest: {before}")

    def grown(self, what: str, before: Counter[str], after: Counter[str], seconds: float,
              may_grow: frozenset[str] = MAY_GROW) -> dict[str, int]:
        growth = {k: after[k] - before[k] for k in sorted(set(after) | set(before)) if after[k] != before[k]}
        print(f"journal after {what}: {sum(after.values())} records, grown by {growth or 'nothing'} in {seconds:.0f} s",
              flush=True)
        self.assertLessEqual(set(growth), may_grow, what)
        self.assertLessEqual(growth.get("checkpoint", 0), seconds / CHECKPOINT_S + 2, what)
        return growth
