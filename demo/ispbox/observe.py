# SPDX-License-Identifier: Apache-2.0
"""Eyes outside Postern: packet captures and the counts of the innocent loops."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from pathlib import Path

from . import plan
from .shell import Namespace, Processes, run, wait_for

WRITTEN_AFTER_S = 0.2  # tcpdump in immediate mode has a packet on disk within this; the last steps count the whole run


class Capture:
    """tcpdump on one interface for the whole run; questions are tcpdump filters over what it wrote."""

    def __init__(self, processes: Processes, namespace: Namespace, interface: str, name: str, directory: Path,
                 keep: str) -> None:
        self.file = directory / f"{name}.pcap"
        processes.start(f"capture-{name}", namespace.argv("tcpdump", "-n", "-i", interface, "-s", "160", "-U",
                                                          "--immediate-mode", "-Z", "root", "-w", str(self.file), keep))
        wait_for(f"capture {name}", lambda: self.file.exists() and self.file.stat().st_size >= 24)

    def lines(self, question: str) -> list[str]:
        time.sleep(WRITTEN_AFTER_S)
        return run(["tcpdump", "-n", "-tt", "-r", str(self.file), question], check=False, timeout=60).stdout.splitlines()

    def count(self, question: str) -> int:
        return len(self.lines(question))


CONNECTION = re.compile(r"^(\d+\.\d+) IP6? (\S+)\.(\d+) > (\S+)\.(\d+): Flags \[([^]]+)\].* length (\d+)")


def greeting_delays(lines: list[str]) -> list[float]:
    """Seconds from a client's SYN to port 25 until the first bytes came back, one for each connection that got some."""
    begun: dict[str, float] = {}
    delays = []
    for found in filter(None, map(CONNECTION.match, lines)):
        at, _, source_port, _, destination_port, flags, length = found.groups()
        if destination_port == "25" and "S" in flags:
            begun.setdefault(source_port, float(at))
        elif source_port == "25" and int(length) > 0 and destination_port in begun:
            delays.append(float(at) - begun.pop(destination_port))
    return delays


def from_line(line: plan.Line, family: str) -> str:
    """A filter: TCP to port 25 from any address of the line's prefixes."""
    if family == plan.IPV4:
        return f"src net 100.64.{line.number}.0/24 and tcp dst port 25"
    return f"(src net {line.delegated} or src host {line.outside_hop.v6}) and ip6 and tcp dst port 25"


@dataclass(frozen=True)
class Count:
    ok: int
    failed: int
    last_error: str


class Loops:
    """The background loops of one line, read from the file the loops write."""

    def __init__(self, processes: Processes, namespace: Namespace, line: plan.Line, directory: Path, every: float,
                 with_web: bool) -> None:
        self.line = line
        self._file = directory / f"loops-{line.name}.json"
        tasks = []
        for family in plan.FAMILIES:
            tasks += [f"relay,{family},{plan.RELAY.of(family)},25", f"submission,{family},{plan.RELAY.of(family)},587",
                      f"submission,{family},{plan.PROVIDER.of(family)},587"]
            if with_web:
                tasks += [f"http,{family},{plan.PROVIDER.of(family)},{plan.HTTP_PORT}",
                          f"udp,{family},{plan.PROVIDER.of(family)},{plan.ECHO_PORT}"]
        arguments = [word for task in tasks for word in ("--task", task)]
        processes.start_actor(namespace, f"loops-{line.name}", "loops.py", *arguments, "--every", str(every), "--login",
                              f"{plan.USER}:{plan.PASSWORD}", "--out", str(self._file))

    def count(self, kinds: tuple[str, ...], family: str, host: str = "") -> Count:
        """Of these kinds; with `host` toward this address alone."""
        try:
            state = json.loads(self._file.read_text())
        except (OSError, ValueError):
            return Count(0, 0, "the loops have not begun")
        ok = failed = 0
        error = ""
        for task, result in state.items():
            kind, its_family, address, port = task.split(",")
            if kind in kinds and its_family == family and host in ("", address):
                ok += result["ok"]
                failed += result["failed"]
                error = f"{kind} {address}:{port} {result['last_error']}" if result["last_error"] else error
                if not result["ok"] and not error:
                    error = f"{kind} {address}:{port} never succeeded"
        return Count(ok, failed, error)
