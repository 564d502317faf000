# SPDX-License-Identifier: Apache-2.0
"""(b) and (e): the relay, submission anywhere, web and UDP work for everyone, at all times."""

from __future__ import annotations

from .. import plan
from ..peers.postfix import Postfix, now_token
from ..shell import came_true
from .context import Context


def run(c: Context) -> None:
    """Whole messages from a closed line, by each legitimate way, into a mailbox."""
    c.report.heading("(b) the relay on 25 and 587, and another provider's 587, work for a closed line")
    login = ["-tls", "--auth", "PLAIN", "--auth-user", plan.USER, "--auth-password", plan.PASSWORD]
    for family in plan.FAMILIES:
        _deliver(c, "b.relay-25", family, plan.RELAY.of(family), "25", [], c.box.mx, plan.MX_DOMAIN[family])
        _deliver(c, "b.relay-587", family, plan.RELAY.of(family), "587", login, c.box.mx, plan.MX_DOMAIN[family])
        _deliver(c, "b.foreign-587", family, plan.PROVIDER.of(family), "587", login, c.box.other, plan.FOREIGN_DOMAIN)


def _deliver(c: Context, step: str, family: str, host: str, port: str, login: list[str], mailboxes: Postfix,
             domain: str) -> None:
    token = f"{step}-{now_token()}"
    done = c.line(plan.CLOSED).run("swaks", "--server", host, "--port", port, "--helo", "home.example", "--from",
                                   "me@home.example", "--to", f"{plan.USER}@{domain}", "--header", f"Subject: {token}",
                                   "--timeout", "5", *login, check=False)
    arrived = done.returncode == 0 and came_true(lambda: mailboxes.mailbox_count(domain, plan.USER, token) == 1, 6)
    said = (done.stdout + done.stderr).strip().splitlines() or ["nothing said"]
    detail = "one message sent and in the mailbox" if arrived else f"swaks exit {done.returncode}: {said[-1][:120]}"
    c.report.check(step, family, arrived, f"swaks on the closed line, mailbox at {domain}", detail)


def tally(c: Context) -> None:
    """What the background loops counted over the whole run, every kill included."""
    c.report.heading("(b) and (e) over the whole run: the background loops of all lines")
    for family in plan.FAMILIES:
        results = [(loops.line, loops.count(("relay", "submission"), family)) for loops in c.box.loops.values()]
        paused = sum(n for (_, f), n in c.paused.items() if f == family)
        done, failed = sum(r.ok for _, r in results), sum(r.failed for _, r in results) - paused
        idle = [line.name for line, r in results if r.ok == 0]
        worst = next((f"; {line.name}: {r.last_error}" for line, r in results if r.failed or not r.ok), "")
        c.report.check("b.all-the-time", family, failed == 0 and not idle, f"loops on all {len(results)} lines",
                       f"{done} sessions with relay 25, relay 587 and foreign 587, {failed} failures"
                       + (f" (and {paused} toward the foreign 587 from lines whose plug was pulled)" if paused else "")
                       + (worst if failed or idle else ""))
    for family in plan.FAMILIES:
        for kinds, name in ((("submission",), "587"), (("http",), "HTTP"), (("udp",), "UDP")):
            result = c.box.loops[plan.NEIGHBOUR.name].count(kinds, family)
            c.report.check(f"e.neighbour-{name.lower()}", family, result.ok > 0 and result.failed == 0,
                           "the neighbour's own loops", f"{result.ok} times {name}, {result.failed} failures "
                           f"{result.last_error}".rstrip())
