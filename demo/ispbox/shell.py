# SPDX-License-Identifier: Apache-2.0
"""Running programs, here or in a network namespace. Everything started is remembered and ended by us."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO

ACTORS = Path(__file__).resolve().parent / "actors"


class Failure(Exception):
    """The box could not be built; the text is for the person at the keyboard."""


def run(argv: Sequence[str], *, stdin: str | None = None, timeout: float = 30, check: bool = True
        ) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end and returns what it said."""
    try:
        done = subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=timeout, errors="replace")
    except subprocess.TimeoutExpired as late:
        if check:
            raise Failure(f"no end after {timeout:.0f} s: {shlex.join(argv)}") from late
        text = (late.stdout or b"").decode(errors="replace") if isinstance(late.stdout, bytes) else (late.stdout or "")
        return subprocess.CompletedProcess(argv, 124, text, "timed out")
    if check and done.returncode != 0:
        raise Failure(f"exit {done.returncode}: {shlex.join(argv)}\n{done.stderr or done.stdout}")
    return done


def wait_for(what: str, ready: Callable[[], bool], timeout: float = 15, every: float = 0.05) -> float:
    """Waits until ready() holds; returns the seconds it took. A Failure names what was missing."""
    start = time.monotonic()
    while not ready():
        if time.monotonic() - start > timeout:
            raise Failure(f"{what}: not there after {timeout:.0f} s")
        time.sleep(every)
    return time.monotonic() - start


def came_true(ready: Callable[[], bool], timeout: float, every: float = 0.1) -> bool:
    with suppress(Failure):
        wait_for("", ready, timeout, every)
        return True
    return False


class Namespace:
    """A network namespace; its programs run through nsenter so that only the network changes (bpffs pins stay visible)."""

    def __init__(self, name: str) -> None:
        self.name = name

    def argv(self, *argv: str) -> list[str]:
        return ["nsenter", f"--net=/run/netns/{self.name}", *argv]

    def run(self, *argv: str, stdin: str | None = None, timeout: float = 30, check: bool = True
            ) -> subprocess.CompletedProcess[str]:
        return run(self.argv(*argv), stdin=stdin, timeout=timeout, check=check)

    def actor(self, script: str, *args: str, timeout: float = 30) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-B", str(ACTORS / script), *args, timeout=timeout, check=False)


class Processes:
    """Long-running programs. Each gets its own process group, and only those groups are ever signalled."""

    def __init__(self, stack: ExitStack, log_dir: Path) -> None:
        self._log_dir = log_dir
        self._all: list[subprocess.Popen[bytes]] = []
        stack.callback(self.stop_all)

    def start(self, name: str, argv: Sequence[str], env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        log: IO[bytes]
        with open(self._log_dir / f"{name}.log", "ab") as log:
            process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                       env={**os.environ, **(env or {})})
        self._all.append(process)
        return process

    def start_actor(self, namespace: Namespace, name: str, script: str, *args: str) -> subprocess.Popen[bytes]:
        return self.start(name, namespace.argv(sys.executable, "-B", str(ACTORS / script), *args))

    @staticmethod
    def signal(process: subprocess.Popen[bytes], number: int) -> None:
        if process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, number)

    def stop(self, process: subprocess.Popen[bytes], grace: float = 3) -> None:
        self.signal(process, signal.SIGTERM)
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            self.signal(process, signal.SIGKILL)
            process.wait()

    def stop_all(self) -> None:
        for process in self._all:
            self.signal(process, signal.SIGTERM)
        for process in self._all:
            self.stop(process, grace=2)
