# SPDX-License-Identifier: Apache-2.0
"""(d), (f) Permits belong to a subscriber: a revoke ends open conversations, and nobody inherits one with an address."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

from .. import plan
from ..postern import Postern
from ..shell import ACTORS, came_true
from .case import rows
from .context import Context, first_line

SWAP_S = 10  # from the NAS's answer to what a client meets; milliseconds, but a loaded machine may be slow
HOLD_S = 20  # the office's own limits may say 421 first; a token comes back within this


def run(c: Context) -> None:
    if c.postern is None:
        return
    c.report.heading("(d), (f) a permit ends at once, and does not go with an address")
    for family in plan.FAMILIES:
        _inherit(c, c.postern, family)
    _revoke(c, c.postern)


def _greeted(c: Context, family: str, code: str) -> bool:
    return str(c.contact(plan.BUSINESS, plan.MX.of(family), timeout=2)["greeting"]).startswith(code)


def _until(c: Context, family: str, code: str, bound: float) -> tuple[bool, float]:
    """Clients try until one is greeted so; the NAS's answer only says that the change is in the journal, the gate and
    the explainer follow on their own, and a conversation begun in between belongs to neither side."""
    begin = time.monotonic()
    return came_true(lambda: _greeted(c, family, code), bound, every=0.2), time.monotonic() - begin


def _inherit(c: Context, postern: Postern, family: str) -> None:
    """The access network gives the business's addresses to the closed subscriber: the same wire is now a closed line."""
    told = c.box.nas.send(plan.BUSINESS, "Start", session=f"moved-{family}", user=plan.CLOSED.key)
    closed, closed_s = _until(c, family, "554", SWAP_S)
    now = first_line(str(c.contact(plan.BUSINESS, plan.MX.of(family), timeout=2)["greeting"]))
    closed = closed and now.startswith("554")
    told = c.box.nas.send(plan.BUSINESS, "Start", session=f"back-{family}") and told
    # Only the real server says 220; a 421 could come from an explainer that knows of the change before the gate does.
    back, back_s = _until(c, family, "220", HOLD_S)
    c.report.check("f.inherit", family, told and closed and back, "NAS, client on the business line",
                   f"its addresses given to a closed subscriber by RADIUS: {now[:60]!r} after {closed_s:.1f} s; given "
                   f"back: {'open again' if back else 'not open again'} after {back_s:.1f} s")


def _revoke(c: Context, postern: Postern) -> None:
    held = {}
    for family in plan.FAMILIES:
        held[family] = _hold(c, family)
    for permit in rows(postern.ask("permit", "list"), "permits"):
        if plan.BUSINESS.key in json.dumps(permit) or len(rows(postern.ask("permit", "list"), "permits")) == 1:
            postern.cli("permit", "revoke", str(permit.get("id")), "--why", "demo", check=False)
    for family, (process, before) in held.items():
        after = _go_on(process)
        opened = str(before.get("greeting", "")).startswith("220")
        silent = not after.get("answer")
        told = came_true(lambda f=family: _greeted(c, f, "554"), SWAP_S, every=0.3)  # type: ignore[misc]
        c.report.check("d.revoke", family, opened and silent and told, "client on the business line",
                       f"conversation open with {str(before.get('greeting', ''))[:25]!r}; after the revoke it got "
                       f"{after.get('answer') or after.get('error') or 'nothing'!r}; a new one is "
                       f"{'refused with 554' if told else 'not refused'}")
    postern.grant_permit()


def _hold(c: Context, family: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    """An open conversation with the MX. The office's own limits may say 421 first; then the next token is waited for."""
    until = time.monotonic() + HOLD_S
    while True:
        argv = c.line(plan.BUSINESS).argv(sys.executable, "-B", str(ACTORS / "hold.py"), plan.MX.of(family))
        process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        greeting = json.loads(process.stdout.readline() or "{}")
        if str(greeting.get("greeting", "")).startswith("220") or time.monotonic() > until:
            return process, greeting
        process.kill()
        process.wait()
        time.sleep(1)


def _go_on(process: subprocess.Popen[str]) -> dict[str, Any]:
    try:
        said, _ = process.communicate("go\n", timeout=8)
        return dict(json.loads(said or "{}"))
    except (ValueError, subprocess.TimeoutExpired):
        process.kill()
        return {}
