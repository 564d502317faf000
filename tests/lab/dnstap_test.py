#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""dnstap of two real Unbounds, over a unix socket (with the handshake) and over TCP (without): a line that asks for the
mail servers of ever new domains is a case, one that looks at the web is none, and of its names nothing is kept."""

from __future__ import annotations

import shutil
import subprocess
import sys
import unittest
from pathlib import Path

import lab
from peers import resolver

PROGRAMS = Path()
START = 1
RESOLVERS = {"unix": "203.0.113.53", "tcp": "203.0.113.54"}
ZOMBIES = {"unix": "10.64.8.2", "tcp": "10.64.8.3"}
HONEST = "10.64.8.10"
DOMAINS = 9
CANARY = "canary-3b1f"
SETTINGS = """
[dnstap]
listen_unix = "{directory}/dnstap.sock"
group = "nogroup"
listen = ["127.0.0.1:6000"]
"""
DNSTAP = """dnstap:
  dnstap-enable: yes
  {how}
  dnstap-log-client-query-messages: yes
  dnstap-log-client-response-messages: yes
"""
HOW = {"unix": 'dnstap-socket-path: "{directory}/dnstap.sock"',
       "tcp": "dnstap-ip: 127.0.0.1@6000\n  dnstap-tls: no\n  dnstap-bidirectional: no"}


class Dnstap(unittest.TestCase):
    def setUp(self) -> None:
        self.lab = lab.Lab(PROGRAMS)
        self.addCleanup(self.lab.close)
        with open(self.lab.directory / "postern.toml", "a") as file:
            file.write(SETTINGS.format(directory=self.lab.directory))
        for address in RESOLVERS.values():
            lab.sh("ip", "addr", "add", address, "dev", "lo")
        for address in (*ZOMBIES.values(), HONEST):
            lab.sh(*self.lab.subscriber.argv("ip", "addr", "add", f"{address}/32", "dev", "lo"))
        self.lab.start()
        for how, address in RESOLVERS.items():
            self.resolver(how, address)
        self.assertTrue(lab.came_true(lambda: self.counter("open") == len(RESOLVERS), 40), self.lab.log_tail(10))

    def resolver(self, how: str, address: str) -> None:
        directory = self.lab.directory / how
        directory.mkdir()
        tap = DNSTAP.format(how=HOW[how].format(directory=self.lab.directory))
        argv = resolver.argv(address, directory, ("there-1.example", "there-2.example"), tap)
        with open(directory / "log", "wb") as log:
            process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=lab.die_with_parent)
        self.addCleanup(lambda: (process.terminate(), process.wait(30)))

    def counter(self, name: str) -> int:
        roles = (self.lab.ask("status") or {}).get("engine", {}).get("roles", {})
        return roles.get("edge", {}).get("counters", {}).get(f"dnstap.{name}", 0)

    def cases(self) -> list[int]:
        return sorted(c["line"] for c in (self.lab.ask("case", "list") or {}).get("items", []))

    def ask(self, kind: int, line: str, server: str, *names: str) -> None:
        lab.sh(*self.lab.subscriber.argv(sys.executable, "-c", resolver.ASK, str(kind), line, server, *names))

    def test_mail_names_of_lines(self) -> None:
        lines = {f"line-{how}": address for how, address in ZOMBIES.items()} | {"line-honest": HONEST}
        self.lab.import_subscribers(list(lines))
        for key, address in lines.items():
            self.assertTrue(self.lab.radius(self.lab.accounting(START, f"s-{key}", key, address)))
        ready = lab.came_true(lambda: (self.lab.ask("status") or {}).get("engine", {}).get("roles", {}).get("edge", {})
                              .get("counters", {}).get("table_lines", 0) >= len(lines), 30)
        self.assertTrue(ready, "the edge knows the lines")
        self.ask(1, HONEST, RESOLVERS["unix"], *(f"www.{CANARY}-{n}.example" for n in range(20)))
        self.ask(15, HONEST, RESOLVERS["tcp"], *["there-1.example"] * 10)
        for how, address in ZOMBIES.items():
            self.ask(15, address, RESOLVERS[how], "there-1.example", "there-2.example",
                     *(f"{how}-{n}.example" for n in range(DOMAINS - 2)))
        self.assertTrue(lab.came_true(lambda: self.cases() == [1, 2], 60), f"{self.cases()} {self.counters()}")
        self.assertTrue(lab.came_true(lambda: self.counter("lookups_total") == 2 * DOMAINS + 1, 30), self.counters())
        self.assertGreaterEqual(self.counter("repeated_total"), 9)
        self.assertGreaterEqual(self.counter("other_total"), 20)
        self.assertEqual(self.counter("broken_total"), 0)
        explained = self.lab.cli("explain", "line-unix").stdout
        print(explained, flush=True)
        self.assertEqual(self.cases(), [1, 2], "the line that looks at the web has none")
        self.lab.stop()
        for file in (self.lab.log, *self.lab.state.iterdir()):
            self.assertNotIn(CANARY.encode(), file.read_bytes(), file)

    def counters(self) -> dict[str, int]:
        roles = (self.lab.ask("status") or {}).get("engine", {}).get("roles", {})
        return {k: v for k, v in roles.get("edge", {}).get("counters", {}).items() if k.startswith("dnstap.")}


if __name__ == "__main__":
    lab.enter()
    if shutil.which("unbound") is None:
        sys.exit(lab.skip("needs unbound"))
    PROGRAMS = Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
