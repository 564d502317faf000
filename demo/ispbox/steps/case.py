# SPDX-License-Identifier: Apache-2.0
"""(c) A machine that talks to mail servers directly becomes a case within 7 blocked first contacts."""

from __future__ import annotations

import json
from typing import Any

from .. import plan
from ..shell import came_true
from .context import Context

FIRST_CONTACTS_MAX = 7
ANSWER_S = 1.5  # from a contact to a case that can be read


def run(c: Context) -> None:
    c.report.heading("(c) infected machines: how many first contacts until there is a case?")
    infected = [(other.v4, "") for other in plan.OTHERS]
    _actor(c, plan.INFECTED, plan.IPV4, infected, "new mail networks alone")
    # The worm takes a new source address of its /56 for each try, and its second target is a dark address.
    worm = [(other.v6, f"2001:db8:100:{plan.WORM.number:x}{16 + i:02x}::bad:{i + 1:x}") for i, other in enumerate(plan.OTHERS)]
    worm.insert(1, (plan.DARK.v6, f"2001:db8:100:{plan.WORM.number:x}ff::bad"))
    _actor(c, plan.WORM, plan.IPV6, worm, "a dark address among them, a new source address each time")
    if c.postern is not None:
        c.contact(plan.INFECTED, plan.DARK.v4, timeout=2)
        _dark_in_evidence(c, plan.INFECTED, plan.DARK.v4, plan.IPV4)
        _dark_in_evidence(c, plan.WORM, plan.DARK.v6, plan.IPV6)
        _innocent(c)


def _actor(c: Context, line: plan.Line, family: str, targets: list[tuple[str, str]], what: str) -> None:
    home = c.line(line)
    contacts: list[str] = []
    accepted = 0
    found: dict[str, Any] | None = None
    for target, source in targets:
        if source:
            home.run("ip", "addr", "add", f"{source}/128", "dev", "eth0", "nodad", check=False)
        said = c.contact(line, target, source=source, to="victim@elsewhere.example", timeout=2)
        contacts.append(target)
        accepted += bool(said["accepted"])
        if c.postern is not None:
            wait = ANSWER_S if len(contacts) >= 3 else 0.2
            came_true(lambda: case_of(c, line) is not None, wait, every=0.2)
            found = case_of(c, line)
            if found is not None:
                break
    c.report.check("c.refused", family, accepted == 0, f"the actor on line {line.name}",
                   f"{accepted} of {len(contacts)} mail servers took its spam", needs_gate=True)
    ok = found is not None and len(contacts) <= FIRST_CONTACTS_MAX
    evidence = _evidence_text(c, found)
    named = [target for target in contacts if target in evidence]
    c.report.check("c.case", family, ok and named == contacts,
                   "the actor's own count, compared with the evidence in postern case show",
                   f"{what}: " + (f"a case after {len(contacts)} first contacts; its evidence names {len(named)} of them"
                                  if found else f"no case after {len(contacts)} contacts"), needs_gate=True)
    _explain(c, line, family)


def case_of(c: Context, line: plan.Line) -> dict[str, Any] | None:
    """The line's case in `postern case list`, whichever way it names the line."""
    assert c.postern is not None
    for entry in rows(c.postern.ask("case", "list"), "cases"):
        if line.key in json.dumps(entry):
            return entry
    return None


def rows(answer: Any, key: str) -> list[dict[str, Any]]:
    """A list answer, bare or wrapped in an object."""
    if isinstance(answer, dict):
        answer = answer.get(key, answer.get("items", []))
    return [r for r in answer if isinstance(r, dict)] if isinstance(answer, list) else []


def _evidence_text(c: Context, found: dict[str, Any] | None) -> str:
    if found is None or c.postern is None:
        return ""
    return json.dumps(c.postern.ask("case", "show", str(found.get("id"))))


def _explain(c: Context, line: plan.Line, family: str) -> None:
    if c.postern is None:
        return
    said = c.postern.cli("explain", line.address.of(family), check=False).stdout
    links = ("observation", "finding", "case", "order", "receipt")
    missing = [word for word in links if word not in said.lower()]
    c.report.check("c.explain", family, line.key in said and not missing, f"postern explain {line.address.of(family)}",
                   f"{len(said.splitlines())} lines: " + (" -> ".join(links) if not missing else
                                                          f"missing: {', '.join(missing)}"))


def _dark_in_evidence(c: Context, line: plan.Line, dark: str, family: str) -> None:
    there = came_true(lambda: dark in _evidence_text(c, case_of(c, line)), 3, every=0.3)
    c.report.check("c.dark", family, there, "postern case show", f"the dark address {dark} is "
                   f"{'' if there else 'not '}in the evidence of line {line.name}")


def _innocent(c: Context) -> None:
    wrong = [line.name for line in (plan.NEIGHBOUR, plan.BUSINESS) if case_of(c, line) is not None]
    c.report.check("c.nobody-else", "both", not wrong, "postern case list",
                   "no case against the neighbour or the business" if not wrong else f"a case against {', '.join(wrong)}")
