# SPDX-License-Identifier: Apache-2.0
"""After the steps: the box stays up, says where to look, and tells what happens until Ctrl-C."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from pathlib import Path

from . import plan
from .observe import from_line
from .steps.case import rows
from .steps.context import Context, first_line

PULSE_S = 10
LOOK_S = 2
STAMP = re.compile(r"^\S+Z ")  # the log's own time; ours stands at the left


def until_interrupted(c: Context) -> None:
    _where_to_look(c)
    offset = c.postern.log.stat().st_size if c.postern else 0
    cases = _cases(c)
    pulses = 0
    begin = time.monotonic()
    with suppress(KeyboardInterrupt):
        while True:
            if c.postern is not None:
                offset = _new_log_lines(c, c.postern.log, offset)
                cases = _new_cases(c, cases)
            if time.monotonic() - begin > pulses * PULSE_S:
                _pulse(c, pulses)
                pulses += 1
            time.sleep(LOOK_S)
    print()
    c.report.say("taking everything down")


def _cases(c: Context) -> dict[str, str]:
    """Case -> its state and summary."""
    if c.postern is None:
        return {}
    return {str(entry.get("id")): f"{entry.get('state', '')}: {entry.get('summary', '')}"
            for entry in rows(c.postern.ask("case", "list"), "cases")}


def _new_cases(c: Context, before: dict[str, str]) -> dict[str, str]:
    now = _cases(c)
    for number, words in now.items():
        if before.get(number) != words:
            c.report.say(f"case {number} {words}")
    return now or before


def _where_to_look(c: Context) -> None:
    report, tag = c.report, c.box.topology.tag
    report.heading("the box keeps running until Ctrl-C; in another terminal, as root:")
    for line in plan.LINES:
        report.say(f"nsenter --net=/run/netns/{tag}-{line.name:<10} {line.key}: {line.story}")
    report.say(f"nsenter --net=/run/netns/{tag}-closed swaks --server {plan.MX.v4} --to ann@example.com --helo me  "
               "# be refused")
    for family, url in c.urls.items():
        report.say(f"nsenter --net=/run/netns/{tag}-closed curl --resolve "
                   f"{plan.NOTICE_NAME}:80:{plan.NOTICE.url_host(family)} {url}  # why ({family})")
    if c.postern is not None:
        cli = f"{c.postern.program} --socket {c.postern.socket}"
        report.say(f"{cli} status | case list | explain {plan.INFECTED.address.v4}")
    report.say(f"logs, captures, mailboxes, settings: {c.box.directory}")


def _new_log_lines(c: Context, log: Path, offset: int) -> int:
    with open(log, "rb") as stream:
        stream.seek(offset)
        data = stream.read()
    whole = data.rpartition(b"\n")[0]
    for line in whole.decode(errors="replace").splitlines():
        c.report.say(f"posternd: {STAMP.sub('', line)}")
    return offset + (len(whole) + 1 if whole else 0)


def _pulse(c: Context, number: int) -> None:
    """One sign of life of the actors: the zombie tries the next mail server, the counters are told."""
    target = plan.OTHERS[number % len(plan.OTHERS)]
    family = plan.FAMILIES[number % 2]
    said = c.contact(plan.INFECTED, target.of(family), to="victim@elsewhere.example", timeout=2)
    c.report.say(f"infected tries {target.of(family)}: {first_line(str(said['greeting']))[:90]}")
    sent = sum(c.box.flood_sent().values())
    out = sum(c.box.outside.count(from_line(plan.FLOODER, f)) for f in plan.FAMILIES)
    failed = sum(loops.count(("relay", "submission", "http", "udp"), f).failed
                 for loops in c.box.loops.values() for f in plan.FAMILIES)
    c.report.say(f"flooder: {sent} SYNs sent, {out} came out; failures in all innocent loops: {failed}")
