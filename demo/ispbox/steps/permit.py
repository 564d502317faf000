# SPDX-License-Identifier: Apache-2.0
"""(d) The permit holder's Postfix delivers inside its limits, is greeted 421 beyond them, and loses nothing."""

from __future__ import annotations

from .. import plan
from ..peers.postfix import now_token
from ..shell import came_true
from .context import Context

INSIDE = 2
BURST = 10


class PermitStep:
    """In two halves, so that other steps run while the office's queue waits."""

    def __init__(self, c: Context) -> None:
        self._c = c
        self._token = f"office-{now_token()}"

    def _inject(self, family: str, first: int, count: int) -> None:
        self._c.line(plan.BUSINESS).actor("inject.py", "office@business.example", f"{plan.USER}@{plan.MX_DOMAIN[family]}",
                                          f"{self._token}-{family}", str(first), str(count))

    def _arrived(self, family: str) -> int:
        return len(self._c.box.mx.subjects(plan.MX_DOMAIN[family], plan.USER, f"{self._token}-{family}"))

    def begin(self) -> None:
        c = self._c
        c.report.heading("(d) a business with a permit: its own Postfix sends directly")
        for family in plan.FAMILIES:
            self._inject(family, 0, INSIDE)
        for family in plan.FAMILIES:
            there = came_true(lambda f=family: self._arrived(f) == INSIDE, 6)  # type: ignore[misc]
            c.report.check("d.inside-limits", family, there, "mailbox at the MX",
                           f"{self._arrived(family)} of {INSIDE} messages arrived at once")
        for family in plan.FAMILIES:
            self._inject(family, INSIDE, BURST)
        for family in plan.FAMILIES:
            lines = c.box.office.wait_log(rf"host {plan.MX.of(family)}\[.*refused to talk to me: 421[ -]4\.7\.1", 6)
            said = lines.split("refused to talk to me: ")[-1][-150:] if lines else "no 421 in its log"
            c.report.check("d.over-limit", family, bool(lines), "Postfix log on the business line",
                           f"{BURST} more at once: {said!r}", needs_gate=True)

    def finish(self) -> None:
        c = self._c
        c.report.heading("(d) the business's queue, later")
        wanted = INSIDE + BURST
        for family in plan.FAMILIES:
            came_true(lambda f=family: self._arrived(f) == wanted, 40)  # type: ignore[misc]
            count = c.box.mx.mailbox_count(plan.MX_DOMAIN[family], plan.USER, f"{self._token}-{family}")
            bounced = c.box.office.log_lines(r"status=bounced|status=expired|sender non-delivery")
            deferred = len(c.box.office.log_lines(rf"host {plan.MX.of(family)}\[.*: 421"))
            ok = self._arrived(family) == wanted and count == wanted and not bounced
            c.report.check("d.nothing-lost", family, ok, "mailbox at the MX, log of the business's Postfix",
                           f"{count} of {wanted} delivered, each once; {deferred} deferrals with 421; "
                           f"{len(bounced)} bounces")
        left = c.box.office.queued()
        c.report.check("d.queue-empty", "both", came_true(lambda: c.box.office.queued() == 0, 10),
                       "postqueue on the business line", f"{left} messages left in the queue")
