# SPDX-License-Identifier: Apache-2.0
"""demo/run: builds the box, walks through what Postern promises, and takes everything down again."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

from . import narrate, plan, prerequisites
from .box import FLOOD_PER_S, Box
from .observe import from_line
from .postern import Postern
from .report import Report
from .shell import Failure, came_true, wait_for
from .steps import case, closed, contact, handover, kill, mail, plug, tricks
from .steps.context import Context
from .steps.permit import PermitStep
from .topology import leftovers, remove_namespace

EXIT_SKIP = 77


def main() -> int:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs start with it ignored
    args = arguments()
    if args.clean:
        for name in leftovers():
            remove_namespace(name)
        return 0
    missing = prerequisites.missing(needs_bpf=not args.baseline)
    if missing:
        print(f"demo: {missing}", file=sys.stderr)
        return EXIT_SKIP
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(128 + signal.SIGTERM))
    report = Report(args.json, expect_open=args.baseline)
    try:
        with ExitStack() as stack:
            try:
                return show(args, report, stack)
            finally:
                for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                    signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not stop the cleaning up
    except Failure as failure:
        print(f"demo: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; everything is removed")
        return 130
    finally:
        report.close()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev demo", description="An ISP in a box: what Postern promises, seen from outside.")
    parser.add_argument("--once", action="store_true", help="run the steps, clean up, exit 0 only if all was as promised")
    parser.add_argument("--json", metavar="FILE", help="also write one JSON object per step")
    parser.add_argument("--baseline", action="store_true", help="the same network without Postern: port 25 is open, "
                        "and the checks that need a gate must fail (with --once it ends)")
    parser.add_argument("--bin", metavar="DIR", type=Path, help="where posternd and postern are; else $POSTERN_BUILD/bin",
                        default=Path(os.environ.get("POSTERN_BUILD", "build/release")) / "bin")
    parser.add_argument("--keep-files", action="store_true", help="leave logs, captures and mailboxes behind")
    parser.add_argument("--clean", action="store_true", help="remove namespaces that a killed run left, then exit")
    return parser.parse_args()


def show(args: argparse.Namespace, report: Report, stack: ExitStack) -> int:
    report.heading("building the network: a gate, six lines, provider services, an internet")
    box = Box(stack, args.keep_files)
    box.start_peers(stack)
    report.say(f"namespaces {box.topology.tag}-*, files in {box.directory}")
    box.start_captures()
    postern = None if args.baseline else Postern(stack, box, args.bin.resolve())
    c = Context(box, report, postern)
    if postern is not None:
        report.heading("cold start: the static guard, then a flood, then posternd")
        postern.load_guard()
    box.start_flood()
    report.say(f"line flooder sends {FLOOD_PER_S} SYNs a second to port 25 from now on, without pause")
    came_true(lambda: min(box.flood_sent().values()) > 50, 5)
    if postern is not None:
        start_postern(box, report, postern)
        wait_until_closed(c, postern)
        cold_start(c)
    box.start_loops()
    report.say("every line's loops run")
    steps(c)
    if not args.once:
        narrate.until_interrupted(c)
    return verdict(report, args.baseline)


def start_postern(box: Box, report: Report, postern: Postern) -> None:
    sent = box.flood_sent()
    report.heading(f"starting posternd on the gate; {sum(sent.values())} SYNs of the flood met the guard alone")
    postern.start()
    postern.import_subscribers()
    for line in plan.LINES:
        answered = box.nas.send(line, "Start")
        if not answered:
            raise Failure(f"posternd did not acknowledge the RADIUS Start of line {line.name}; its log ends:\n"
                          + "\n".join(postern.log_tail(8)))
    postern.grant_permit()
    report.say(f"{len(postern.processes())} processes: {', '.join(postern.processes())}; {len(plan.LINES)} subscribers "
               "imported, their sessions acknowledged by RADIUS, one permit granted")


def wait_until_closed(c: Context, postern: Postern) -> None:
    """The gate is in force once its filters are on every line; what that is worth is seen from outside right after."""
    wait_for("the gate", lambda: {line.interface for line in plan.LINES} <= postern.governed(), timeout=30)
    for family in plan.FAMILIES:
        wait_for("a refusal on the closed line", lambda f=family: str(  # type: ignore[misc]
            c.contact(plan.CLOSED, plan.MX.of(f), timeout=1)["greeting"]).startswith("554"), timeout=10, every=0.2)


def cold_start(c: Context) -> None:
    """Claimed from the first SYN on: `posternd --guard-only` had returned before the flooder was started."""
    sent = c.box.flood_sent()
    for family in plan.FAMILIES:
        seen = c.box.outside.count(from_line(plan.FLOODER, family))
        c.report.check("g.cold-start", family, sent[family] > 50 and seen == 0, "capture beyond the uplink",
                       f"from the moment the guard was loaded (as at boot, before posternd ran) until the gate was in "
                       f"force: {sent[family]} SYNs sent by the closed line, {seen} came out")


def steps(c: Context) -> None:
    closed.run(c)
    mail.run(c)
    permit = PermitStep(c)
    permit.begin()
    case.run(c)
    contact.run(c)
    plug.run(c)
    tricks.run(c)
    permit.finish()
    handover.run(c)
    kill.run(c)
    if c.postern is None:
        tricks.flood_so_far(c, "so far")
    control(c)
    mail.tally(c)


def control(c: Context) -> None:
    """The whole run once more, and the proof that the capture works: it shows the mail that may leave."""
    c.report.heading("the capture beyond the uplink, over the whole run")
    closed_lines = [line for line in plan.LINES if line is not plan.BUSINESS]
    for family in plan.FAMILIES:
        seen = {line.name: c.box.outside.count(from_line(line, family)) for line in closed_lines}
        c.report.check("g.whole-run", family, not any(seen.values()), "capture beyond the uplink", "packets to port 25 from "
                       + ", ".join(f"{name} {count}" for name, count in seen.items()), needs_gate=True)
        relay = c.box.outside.count(f"src host {plan.RELAY.of(family)} and tcp dst port 25")
        office = c.box.outside.count(f"src host {plan.BUSINESS.address.of(family)} and tcp dst port 25")
        c.report.check("g.capture-works", family, relay > 0 and office > 0, "capture beyond the uplink",
                       f"it holds {relay} packets of the relay and {office} of the permit holder to port 25")


def verdict(report: Report, baseline: bool) -> int:
    bad = report.unexpected
    report.heading(f"{report.checks} checks, {len(bad)} not as {'expected' if baseline else 'promised'}")
    for entry in bad:
        report.say(entry)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
