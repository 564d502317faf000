# SPDX-License-Identifier: Apache-2.0
"""What every step is handed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from .. import plan
from ..box import Box
from ..postern import Postern
from ..report import Report
from ..shell import Namespace


@dataclass
class Context:
    box: Box
    report: Report
    postern: Postern | None  # None with --baseline
    references: dict[str, str] = field(default_factory=dict)  # family -> reference the closed line was given
    urls: dict[str, str] = field(default_factory=dict)
    # Failures of the foreign-587 loops of lines whose plug was pulled, while it was: (line, family) -> how many.
    paused: dict[tuple[str, str], int] = field(default_factory=dict)

    def line(self, line: plan.Line) -> Namespace:
        return self.box.topology.line[line.name]

    def contact(self, line: plan.Line, host: str, *, source: str = "", to: str = "", subject: str = "demo",
                timeout: float = 3) -> dict[str, Any]:
        """One direct-to-MX connection from the line (actors/contact.py)."""
        words = [host, "--timeout", str(timeout), "--source", source, "--to", to, "--subject", subject]
        done = self.line(line).actor("contact.py", *words, timeout=timeout * 8)
        try:
            return dict(json.loads(done.stdout))
        except ValueError:
            return {"connected": False, "greeting": "", "greeting_ms": None, "accepted": False,
                    "error": done.stderr.strip()[-200:]}


def first_line(greeting: str) -> str:
    return greeting.splitlines()[0] if greeting else "no greeting"
