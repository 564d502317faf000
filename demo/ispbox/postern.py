# SPDX-License-Identifier: Apache-2.0
"""posternd inside the gate's namespace: its settings, a restart loop as systemd would do it, its processes, its CLI."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from . import plan
from .box import Box
from .settings import subscribers_csv, write_settings
from .shell import Failure, came_true, run

RESTART_AFTER_S = 0.5
BPFFS = Path("/sys/fs/bpf")


class Postern:
    def __init__(self, stack: ExitStack, box: Box, programs: Path) -> None:
        self._box = box
        self._daemon = programs / "posternd"
        self.program = programs / "postern"
        for program in (self._daemon, self.program):
            if not program.is_file():
                raise Failure(f"{program} is not built; run ./dev build, or see the network alone with --baseline")
        mount_bpffs()
        self.pin_dir = BPFFS / box.topology.tag.replace("pnd-", "pn-demo-")
        self.state = box.directory / "state"
        self.state.mkdir(mode=0o700)
        self.settings = write_settings(box, self.state, self.pin_dir)
        self.socket = box.directory / "api.sock"
        self.log = box.directory / "posternd.log"
        self.restarts = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = False
        stack.callback(self._remove_pins)
        stack.callback(self.stop)

    def load_guard(self) -> None:
        """What postern-guard.service does at boot, long before posternd."""
        argv = self._box.topology.gate.argv(str(self._daemon), "--guard-only", "--config", str(self.settings))
        run(argv)

    # The daemon.
    def start(self) -> None:
        self._launch()
        threading.Thread(target=self._watch, daemon=True).start()
        if not came_true(lambda: self._answers() or self._gave_up(), timeout=20) or self._gave_up():
            raise Failure("posternd does not answer on its API; its log ends:\n" + "\n".join(self.log_tail(12)))

    def _launch(self) -> None:
        argv = self._box.topology.gate.argv(str(self._daemon), "--config", str(self.settings))
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def _watch(self) -> None:
        """Restart=always, RestartSec=0.5: what a service manager does for the supervisor."""
        while not self._stopping:
            process = self._process
            if process is not None and process.poll() is not None and not self._gave_up():
                time.sleep(RESTART_AFTER_S)
                if not self._stopping:
                    self.restarts += 1
                    self._launch()
            time.sleep(0.05)

    def _gave_up(self) -> bool:
        """Exit 78 = broken settings, 77 = missing privilege: starting again would not help."""
        return self._process is not None and self._process.poll() in (77, 78, 127)

    def stop(self) -> None:
        self._stopping = True
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _remove_pins(self) -> None:
        with suppress(Failure):
            self.cli("gate", "detach", check=False)
        run(["find", str(self.pin_dir), "-delete"], check=False)

    def log_tail(self, lines: int) -> list[str]:
        with suppress(OSError):
            return self.log.read_text(errors="replace").splitlines()[-lines:]
        return []

    # Its processes, read from /proc.
    def processes(self) -> dict[str, int]:
        """Role -> pid; the supervisor is one of them. Empty while it is down."""
        if self._process is None or self._process.poll() is not None:
            return {}
        found = {"supervisor": self._process.pid}
        for pid in children(self._process.pid):
            words = command_line(pid)
            if words and words[0].startswith("posternd:"):
                found[role_of(words)] = pid
        return found

    def kill(self, role: str) -> int:
        pid = self.processes()[role]
        os.kill(pid, signal.SIGKILL)
        return pid

    # Its command.
    def cli(self, *words: str, check: bool = True, timeout: float = 10) -> subprocess.CompletedProcess[str]:
        return run([str(self.program), "--socket", str(self.socket), *words], check=check, timeout=timeout)

    def ask(self, *words: str) -> Any:
        """The command's JSON answer; None while it cannot answer."""
        done = self.cli("-o", "json", *words, check=False)
        if done.returncode != 0:
            return None
        with suppress(ValueError):
            return json.loads(done.stdout)
        return None

    def governed(self) -> set[str]:
        """Interfaces that have the gate's filters now."""
        said = self.ask("gate", "status")
        found = said.get("interfaces", []) if isinstance(said, dict) else []
        return {str(entry.get("name")) for entry in found if isinstance(entry, dict)}

    def _answers(self) -> bool:
        return self.socket.exists() and self.ask("status") is not None

    def healthy(self) -> bool:
        return self._answers() and len(self.processes()) > 1

    # What an operator does on the first day.
    def import_subscribers(self) -> None:
        self.cli("subscriber", "import", str(subscribers_csv(self._box.directory)))

    def grant_permit(self) -> None:
        self.cli("permit", "grant", plan.BUSINESS.key, "--kind", "own_server", "--terms", "2026-1", "--for", "365d",
                 "--connections-per-min", str(plan.PERMIT_PER_MIN), "--connections-burst", str(plan.PERMIT_BURST))


def mount_bpffs() -> None:
    said = run(["stat", "-f", "-c", "%T", str(BPFFS)], check=False).stdout.strip()
    if said != "bpf_fs":
        done = run(["mount", "-t", "bpf", "bpf", str(BPFFS)], check=False)
        if done.returncode != 0:
            raise Failure(f"the BPF file system cannot be mounted on {BPFFS} ({done.stderr.strip()})")


def children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def command_line(pid: int) -> list[str]:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
    return []


def role_of(words: list[str]) -> str:
    """posternd names its workers `posternd: gate` and so on."""
    return words[0].removeprefix("posternd:").strip()
