# SPDX-License-Identifier: Apache-2.0
"""Every process of posternd dies by kill -9, in turn, while a closed line floods port 25. Nothing opens, nothing is lost."""

from __future__ import annotations

import json
import time
from typing import Any

from .. import journal, plan
from ..shell import came_true
from .case import rows
from .context import Context, first_line
from .tricks import flood_so_far

BACK_S = 15


def run(c: Context) -> None:
    postern = c.postern
    if postern is None:
        return
    c.report.heading("every process killed with -9 in turn, while the flooder sends")
    before = _decisions(c)
    records_before = journal.read(postern.state)
    roles = sorted(postern.processes(), key=lambda role: (role == "supervisor", role))
    for role in roles:
        _kill(c, role)
    flood_so_far(c, "after all kills")
    after = _decisions(c)
    c.report.check("g.journal", "both", bool(before) and before == after, "postern case list, permit list, subscriber list",
                   _difference(before, after))
    _records(c, records_before)
    status = postern.ask("status")
    c.report.check("g.healthy", "both", postern.healthy(), "postern status, /proc",
                   f"{len(postern.processes())} processes run; journal at {_sequence(status)}; "
                   f"the restart loop started the supervisor {postern.restarts} time(s)")


def _records(c: Context, before: journal.Journal) -> None:
    assert c.postern is not None
    after = journal.read(c.postern.state)
    lost = before.missing_from(after)
    c.report.check("g.records", "both", after.sound and after.consecutive() and lost == 0 and after.last > before.last,
                   "sqlite3 on a copy of the journal",
                   f"records 1 to {after.last}, {'no' if after.consecutive() else 'A'} gap, integrity check passed; of the "
                   f"{before.last} from before the kills {lost} are lost or changed")


def _kill(c: Context, role: str) -> None:
    postern = c.postern
    assert postern is not None
    others = set(postern.processes())
    begin = time.monotonic()
    # A decision acknowledged a moment before the kill must be there afterwards, once.
    session = f"just-before-{role}"
    acknowledged = c.box.nas.send(plan.NEIGHBOUR, "Start", session=session)
    pid = postern.kill(role)
    back = came_true(lambda: postern.processes().get(role, pid) != pid and set(postern.processes()) >= others
                     and postern.healthy(), BACK_S)
    took = time.monotonic() - begin
    # A client that comes while things restart waits or is refused; when all is back it is told again.
    greetings = []
    for family in plan.FAMILIES:
        told = came_true(lambda f=family: _told(c, f), 5, every=0.3)  # type: ignore[misc]
        greetings.append(f"{family} {'554' if told else 'no greeting'}")
        back = back and told
    c.report.check("g.kill", "both", back, "/proc, client on the closed line",
                   f"{role} (pid {pid}) killed; all back after {took:.1f} s; the closed line reads: {', '.join(greetings)}")
    kept = json.dumps(postern.ask("session", "list")).count(f'"{session}"')
    c.report.check("g.kill-journal", "both", acknowledged and kept == 1, "NAS, postern session list",
                   f"a session acknowledged to the NAS just before {role} died is there {kept} time(s)")


def _told(c: Context, family: str) -> bool:
    return first_line(str(c.contact(plan.CLOSED, plan.MX.of(family), timeout=2)["greeting"])).startswith("554")


def _decisions(c: Context) -> dict[str, list[Any]]:
    """What must be neither lost nor doubled: cases (but for their score, which goes on), permits, subscribers."""
    assert c.postern is not None
    wanted = {"cases": ("case", "list"), "permits": ("permit", "list"), "subscribers": ("subscriber", "list")}
    found = {}
    for name, words in wanted.items():
        entries = rows(c.postern.ask(*words), name)
        found[name] = sorted(str(entry.get("id", entry)) for entry in entries)
    return found


def _difference(before: dict[str, list[Any]], after: dict[str, list[Any]]) -> str:
    parts = []
    for name in before:
        same = before[name] == after.get(name)
        doubled = len(after.get(name, [])) != len(set(after.get(name, [])))
        parts.append(f"{len(before[name])} {name}" + ("" if same else f" became {len(after.get(name, []))}")
                     + (" with doubles" if doubled else ""))
    return "before and after the kills: " + ", ".join(parts)


def _sequence(status: Any) -> str:
    if isinstance(status, dict):
        for key, value in status.items():
            if "sequence" in key:
                return f"record {value}"
            if isinstance(value, dict) and _sequence(value) != "an unknown record":
                return _sequence(value)
    return "an unknown record"
