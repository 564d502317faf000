# SPDX-License-Identifier: Apache-2.0
"""What was seen, said twice: a line for people and a JSON line for programs."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import TextIO

BOTH = "both"


class Report:
    """`expect_open` is --baseline: there is no gate, so the checks that need one must fail and the rest must pass."""

    def __init__(self, json_file: str | None, expect_open: bool) -> None:
        self._begin = time.monotonic()
        self._json: TextIO | None = open(json_file, "w", encoding="utf-8") if json_file else None
        self._expect_open = expect_open
        self._lock = threading.Lock()
        self._colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self.checks = 0
        self.unexpected: list[str] = []

    def elapsed(self) -> float:
        return time.monotonic() - self._begin

    def _paint(self, code: str, words: str) -> str:
        return f"\033[{code}m{words}\033[0m" if self._colour else words

    def heading(self, words: str) -> None:
        with self._lock:
            print(f"{self.elapsed():6.1f} s  {self._paint('1', words)}", flush=True)

    def say(self, words: str) -> None:
        with self._lock:
            print(f"{self.elapsed():6.1f} s    {words}", flush=True)

    def check(self, step: str, family: str, ok: bool, observed_by: str, detail: str, needs_gate: bool = False) -> bool:
        """`needs_gate`: without Postern this outcome cannot be had, so --baseline expects it to fail."""
        expected = ok != (self._expect_open and needs_gate)
        mark = self._paint("32", "✓") if ok else self._paint("31" if not expected else "33", "✗")
        note = "" if ok or not expected else "  (as expected: no gate)"
        note = "  (UNEXPECTED without a gate)" if ok and not expected else note
        with self._lock:
            self.checks += 1
            if not expected:
                self.unexpected.append(f"{step} {family}: {detail}")
            where = "" if family == BOTH else f" {family}"
            print(f"{self.elapsed():6.1f} s  {mark} {step}{where}: {detail}  {self._paint('2', '[' + observed_by + ']')}"
                  f"{note}", flush=True)
            if self._json:
                json.dump({"step": step, "family": family, "ok": ok, "observed_by": observed_by, "detail": detail},
                          self._json, ensure_ascii=False)
                self._json.write("\n")
                self._json.flush()
        return ok

    def close(self) -> None:
        if self._json:
            self._json.close()
