# SPDX-License-Identifier: Apache-2.0
"""After the steps: the box stays up, says where to look, and tells what happens until Ctrl-C."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from . import plan
from .observe import from_line
from .steps.context import Context

EVERY_S = 10


def until_interrupted(c: Context) -> None:
    _where_to_look(c)
    offset = c.postern.log.stat().st_size if c.postern else 0
    said = 0.0
    with suppress(KeyboardInterrupt):
        while True:
            if c.postern is not None:
                offset = _new_log_lines(c, c.postern.log, offset)
            if time.monotonic() - said > EVERY_S:
                _pulse(c)
                said = time.monotonic()
            time.sleep(0.5)
    print()
    c.report.say("taking everything down")


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
        c.report.say(f"posternd: {line}")
    return offset + (len(whole) + 1 if whole else 0)


def _pulse(c: Context) -> None:
    sent = sum(c.box.flood_sent().values())
    out = sum(c.box.outside.count(from_line(plan.FLOODER, family)) for family in plan.FAMILIES)
    failed = sum(loops.count(("relay", "submission", "http", "udp"), family).failed
                 for loops in c.box.loops.values() for family in plan.FAMILIES)
    c.report.say(f"flooder: {sent} SYNs sent, {out} came out; failures in all innocent loops: {failed}")
