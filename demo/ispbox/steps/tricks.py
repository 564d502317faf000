# SPDX-License-Identifier: Apache-2.0
"""(f) Ways around a block that work elsewhere: a stolen source address, answers taken from port 25, other prefixes."""

from __future__ import annotations

import time

from .. import plan
from ..observe import from_line
from ..shell import run as run_here
from .context import Context, first_line

COUNT = 20
SPOOF_PORT = 41025  # source ports that mark the spoofed packets in the captures
ASYMMETRIC_PORT = 42025


def run(c: Context) -> None:
    c.report.heading("(f) tricks that get around port-25 blocks elsewhere")
    for family in plan.FAMILIES:
        _stolen_source(c, family)
    for family in plan.FAMILIES:
        _answers_from_port_25(c, family)
    _inside_prefix(c)
    for family in plan.FAMILIES:
        _outside_prefix(c, family)


def _stolen_source(c: Context, family: str) -> None:
    """A closed line writes the permit holder's address, and an internet address, into its SYNs."""
    for name, source in (("the permit holder's", plan.BUSINESS.address.of(family)),
                         ("a foreign", plan.PROVIDER.of(family))):
        done = c.line(plan.CLOSED).actor("syn.py", "--pair", f"{source},{plan.MX.of(family)}", "--source-port",
                                         str(SPOOF_PORT), "--count", str(COUNT))
        sent = sum(int(n) for n in done.stdout.split())
        seen = c.box.outside.count(f"src host {source} and tcp src port {SPOOF_PORT} and tcp dst port 25")
        c.report.check("f.spoofed-source", family, sent == COUNT and seen == 0, "capture beyond the uplink",
                       f"{sent} SYNs with {name} address sent from the closed line, {seen} came out", needs_gate=True)


def _answers_from_port_25(c: Context, family: str) -> None:
    """An accomplice on the internet sends SYNs in the closed line's name; the mail server's answers must not reach it,
    or the line could finish the conversation over the accomplice (IEEE S&P 2010)."""
    home = plan.CLOSED.address.of(family)
    done = c.box.topology.other.actor("syn.py", "--pair", f"{home},{plan.MX.of(family)}", "--source-port",
                                      str(ASYMMETRIC_PORT), "--count", str(COUNT), "--rate", "50")
    sent = sum(int(n) for n in done.stdout.split())
    answers = f"tcp src port 25 and dst host {home} and tcp dst port {ASYMMETRIC_PORT}"
    came = c.box.outside.count(answers)
    reached = c.box.at_home.count(answers)
    c.report.check("f.source-port-25", family, came > 0 and reached == 0, "captures beyond the uplink and on the line",
                   f"{sent} SYNs in the line's name from an accomplice, {came} packets of the answer came to the "
                   f"provider, {reached} reached the line", needs_gate=True)


def _inside_prefix(c: Context) -> None:
    """Another address of the line's own delegated prefix is still the same closed line."""
    _try_from(c, plan.IPV6, plan.CLOSED.inside_hop, "f.hop-inside-prefix", "another address of its own prefix")


def _outside_prefix(c: Context, family: str) -> None:
    """An address of the provider that no session owns: class unknown, closed. The gate's routes even lead back to it."""
    hop = plan.CLOSED.outside_hop.of(family)
    if family == plan.IPV6:
        run_here(["ip", "-n", c.box.topology.gate.name, "route", "replace", f"{hop}/128", "via",
                  plan.CLOSED.address.v6], check=False)
    _try_from(c, family, hop, "f.hop-outside-prefix", "an address no session owns")


def _try_from(c: Context, family: str, source: str, step: str, what: str) -> None:
    home = c.line(plan.CLOSED).name
    length = 32 if family == plan.IPV4 else 128
    add = ["ip", "-n", home, "addr", "add", f"{source}/{length}", "dev", "eth0"]
    run_here(add + (["nodad"] if family == plan.IPV6 else []), check=False)
    before = time.time()
    said = c.contact(plan.CLOSED, plan.MX.of(family), source=source, timeout=2,
                     to=f"{plan.USER}@{plan.MX_DOMAIN[family]}", subject=step)
    seen = c.box.outside.count(f"src host {source} and tcp dst port 25")
    greeting = first_line(str(said["greeting"]))
    refused = not str(said["greeting"]).startswith("220") and not said["accepted"]
    if family == plan.IPV6 and source == plan.CLOSED.inside_hop:
        refused = refused and greeting.startswith("554")  # the line is known, so it must be told
    c.report.check(step, family, refused and seen == 0, "client on the closed line, capture beyond the uplink",
                   f"{what} ({source}): {greeting[:70]!r} {said['error']}, {seen} packets came out "
                   f"in {time.time() - before:.1f} s", needs_gate=True)


def flood_so_far(c: Context, when: str) -> None:
    """The flooder's packets, looked for beyond the uplink."""
    sent = c.box.flood_sent()
    for family in plan.FAMILIES:
        seen = c.box.outside.count(from_line(plan.FLOODER, family))
        c.report.check("g.flood", family, sent[family] > 0 and seen == 0 and c.box.flood_runs(),
                       "capture beyond the uplink",
                       f"{when}: {sent[family]} SYNs sent by the closed line, {seen} came out", needs_gate=True)
