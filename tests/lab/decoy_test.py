#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Decoys on a real gate: swaks mails an open relay that keeps nothing and signs in where nobody has an account, over IPv4
and IPv6, and is a case; a printer that touches one dark address is none. A probe behind the subscribers' interface, in a
namespace of its own, proves each decoy by the path of lines: a decoy that is routed to another host, or that is gone, is
told."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import unittest
from datetime import datetime
from pathlib import Path
from typing import Any

import lab

PROGRAMS = Path()
CANARY = "canary-9c47-content"
RELAY, SIGN_IN, WORM, CLOSED = "198.51.100.130", "2001:db8:200::130", "198.51.100.131", "2001:db8:200::131"
BEAT_S = 15
SETTINGS = """
[class.open]
verdict = "open"
[decoy]
probe_netns = "/proc/{pid}/ns/net"
probe_from = ["10.64.7.250", "2001:db8:100:7::250"]
beat = "{beat}s"
honey = ["anna.decoy@isp.example"]
[[decoy.host]]
address = "198.51.100.130"
kind = "open_relay"
[[decoy.host]]
address = "2001:db8:200::130"
kind = "sign_in"
[[decoy.host]]
address = "198.51.100.131"
kind = "worm"
[[decoy.host]]
address = "2001:db8:200::131"
kind = "closed"
ports = [445]
"""
DECOYS = {f"{RELAY}:25", f"[{SIGN_IN}]:587", f"{WORM}:23", f"{WORM}:445", f"[{CLOSED}]:445"}
# name: class, number of its addresses
LINES = {"zombie": ("open", 2), "printer": ("residential", 3), "probe": ("open", 7)}
TOUCH = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 10, (sys.argv[3], 0)).close()"
# Another host that has a decoy's address: a mail server like any.
OTHER = """
import socket, sys
s = socket.create_server((sys.argv[1], 25))
while True: c, _ = s.accept(); c.sendall(b"220 other ESMTP\\r\\n"); c.close()
"""


class Decoys(unittest.TestCase):
    def setUp(self) -> None:
        self.lab = lab.Lab(PROGRAMS)
        self.addCleanup(self.lab.close)
        self.probe = lab.Peer()
        self.addCleanup(self.probe.close)
        self.network()
        with open(self.lab.directory / "postern.toml", "a") as file:
            file.write(SETTINGS.format(pid=self.probe.pid, beat=BEAT_S))
        self.lab.start()
        file = self.lab.directory / "lines.csv"
        file.write_text("key,class,prefixes,access\n" + "".join(
            f"{key},{named},10.64.{n}.0/24 2001:db8:100:{n}::/64,sub0\n" for key, (named, n) in LINES.items()))
        done = self.lab.cli("subscriber", "import", str(file))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def network(self) -> None:
        """The probe is behind the subscribers' interface, beside the lines."""
        for address in (RELAY, SIGN_IN, WORM, CLOSED):
            self.hold(address)
            self.addCleanup(lab.sh, "ip", "addr", "del", address, "dev", "lo", check=False)
        lab.sh("ip", "addr", "add", "2001:db8:100:ffff::1/64", "dev", "sub0", "nodad")
        lab.sh("ip", "-6", "route", "add", "2001:db8:100::/40", "via", "2001:db8:100:ffff::2")
        lab.sh("ip", "addr", "add", "2001:db8:ffff::1/64", "dev", "up0", "nodad")
        lab.sh(*self.lab.internet.argv("ip", "addr", "add", "2001:db8:ffff::2/64", "dev", "eth0", "nodad"))
        inside = self.lab.subscriber
        lab.sh(*inside.argv("ip", "link", "add", "probe", "type", "veth", "peer", "name", "eth0", "netns", self.probe.pid))
        lab.sh(*inside.argv("sh", "-ec", """
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
ip addr add 2001:db8:100:ffff::2/64 dev eth0 nodad
ip -6 route add default via 2001:db8:100:ffff::1
ip link set probe up
ip addr add 10.64.7.1/24 dev probe
ip addr add 2001:db8:100:7::1/64 dev probe nodad
for n in 2 3; do ip addr add 10.64.$n.1/32 dev lo; ip addr add 2001:db8:100:$n::1/128 dev lo nodad; done"""))
        lab.sh(*self.probe.argv("sh", "-ec", """
ip link set lo up
ip link set eth0 up
ip addr add 10.64.7.250/24 dev eth0
ip addr add 2001:db8:100:7::250/64 dev eth0 nodad
ip route add default via 10.64.7.1
ip -6 route add default via 2001:db8:100:7::1"""))

    @staticmethod
    def hold(address: str) -> None:
        lab.sh("ip", "addr", "add", address, "dev", "lo", *(["nodad"] if ":" in address else []))

    def decoys(self) -> dict[str, dict[str, Any]]:
        return {d["decoy"]: d for d in (self.lab.ask("decoy", "status") or {}).get("items", [])}

    def lives(self) -> dict[str, str]:
        return {at: d["life"] for at, d in self.decoys().items()}

    def counter(self, name: str) -> int:
        roles = (self.lab.ask("status") or {}).get("engine", {}).get("roles", {})
        return roles.get("edge", {}).get("counters", {}).get(f"decoy.{name}", 0)

    def cases(self) -> list[int]:
        return [c["line"] for c in (self.lab.ask("case", "list") or {}).get("items", [])]

    def all_alive(self) -> None:
        alive = lab.came_true(lambda: self.lives() == dict.fromkeys(DECOYS, "alive"), 60, 0.3)
        self.assertTrue(alive, f"{self.decoys()}\n{self.lab.log_tail(20)}")

    def swaks(self, server: str, *more: str) -> str:
        own = "2001:db8:100:2::1" if ":" in server else "10.64.2.1"
        argv = ["swaks", "--server", server, "--local-interface", own, "--from", "a@b.example", "--to", "c@d.example",
                "--helo", "zombie", "--timeout", "15", *more]
        return lab.sh(*self.lab.subscriber.argv(*argv), check=False).stdout

    def test_hits(self) -> None:
        self.all_alive()
        self.assertEqual(self.counter("hits_total"), 0, "probes are no hits")
        lab.sh(*self.lab.subscriber.argv(sys.executable, "-c", TOUCH, WORM, "445", "10.64.3.1"))
        self.assertTrue(lab.came_true(lambda: self.counter("hits_total") == 1, 20))
        said = self.swaks(RELAY, "--body", CANARY)
        self.assertIn("250 2.0.0 queued", said)
        said = self.swaks(SIGN_IN, "--port", "587", "--auth", "PLAIN", "--auth-user", "Anna.Decoy@isp.example",
                          "--auth-password", CANARY)
        self.assertIn("535 5.7.8", said)
        self.assertTrue(lab.came_true(lambda: self.cases() == [1], 30), f"{self.cases()} {self.decoys()}")
        explained = self.lab.cli("explain", "zombie").stdout
        print(explained, flush=True)
        self.assertIn("2 dark addresses", explained)
        self.assertIn(SIGN_IN, explained)
        self.assertTrue(lab.came_true(lambda: self.counter("honey_total") == 1 and self.counter("messages_total") == 1, 20))
        self.assertTrue(lab.came_true(lambda: self.counter("sign_ins_told_total") == 1, 20))
        warned = lab.came_true(lambda: "CLEAR_SIGN_IN" in self.lab.log.read_text(), 20)
        self.assertTrue(warned, "its owner is told, where notices go by mail")
        self.assertEqual(self.cases(), [1], "one touch of one dark address is no case, and the probe's are none")
        self.assertTrue(self.lab.ask("status")["engine"]["healthy"])
        self.lab.stop()
        for file in (self.lab.log, *self.lab.state.iterdir()):
            self.assertNotIn(CANARY.encode(), file.read_bytes(), file)

    def test_a_decoy_that_is_not_reached_is_told(self) -> None:
        """Within a beat, counted from the last proof on: it died after that. Where the machine stood still for seconds meanwhile,
        it is done again."""
        self.all_alive()
        lab.sh(*self.lab.internet.argv("ip", "addr", "add", f"{RELAY}/32", "dev", "lo"))
        other = subprocess.Popen(self.lab.internet.argv(sys.executable, "-c", OTHER, RELAY), preexec_fn=lab.die_with_parent)
        self.addCleanup(lambda: (other.kill(), other.wait()))
        took = [self.outage()]
        while took[-1] > BEAT_S and len(took) < 3:
            took.append(self.outage())
        self.assertLessEqual(took[-1], BEAT_S, took)
        self.assertEqual(self.counter("hits_total"), 0)
        self.a_process_that_hangs()

    def outage(self) -> float:
        """One address is another host's, and one nobody has; then they are the decoys' again. After how long it was told."""
        lab.sh("ip", "addr", "del", f"{RELAY}/32", "dev", "lo")
        lab.sh("ip", "route", "add", f"{RELAY}/32", "via", "192.0.2.2")
        lab.sh("ip", "addr", "del", f"{SIGN_IN}/128", "dev", "lo")
        lab.sh("ip", "-6", "route", "add", "blackhole", f"{SIGN_IN}/128")
        dead = f"{RELAY}:25", f"[{SIGN_IN}]:587"
        wanted = dict.fromkeys(DECOYS, "alive") | dict.fromkeys(dead, "dead")
        self.assertTrue(lab.came_true(lambda: self.lives() == wanted, 60, 0.3), f"{self.decoys()}")
        self.assertTrue(lab.came_true(lambda: "mis-routed" in self.decoys()[dead[0]]["why"], 30), f"{self.decoys()}")
        faults = " ".join(self.lab.ask("status")["engine"]["faults"])
        self.assertIn(dead[0], faults)
        self.assertIn("postern decoy status", faults)
        self.assertTrue(lab.came_true(lambda: self.counter("dead") == 2, 20))
        print(self.lab.cli("decoy", "status").stdout, flush=True)
        log = self.lab.log.read_text()
        told = [datetime.fromisoformat(re.findall(rf"(?m)^(\S+) .*DECOY_DEAD.*decoy={re.escape(d)}$", log)[-1]) for d in dead]
        proven = [datetime.fromisoformat(self.decoys()[d]["proven"]) for d in dead]
        took = max((t - p).total_seconds() for t, p in zip(told, proven, strict=True))
        print(f"told {took:.1f} s after the last proof", flush=True)
        lab.sh("ip", "route", "del", f"{RELAY}/32", "via", "192.0.2.2")
        lab.sh("ip", "-6", "route", "del", "blackhole", f"{SIGN_IN}/128")
        self.hold(RELAY)
        self.hold(SIGN_IN)
        self.all_alive()
        self.assertTrue(lab.came_true(lambda: self.lab.ask("status")["engine"]["healthy"], 20))
        return took

    def a_process_that_hangs(self) -> None:
        """Then the probes hang too, and it is not known that decoys live."""
        edge = self.lab.role_pids()["edge"]
        os.kill(edge, signal.SIGSTOP)
        try:
            silent = "role edge does not report"
            self.assertTrue(lab.came_true(lambda: silent in self.lab.ask("status")["engine"]["faults"], 30))
            self.assertEqual(self.lives(), dict.fromkeys(DECOYS, "unknown"))
        finally:
            os.kill(edge, signal.SIGCONT)
        self.all_alive()


if __name__ == "__main__":
    lab.enter()
    if shutil.which("swaks") is None:
        sys.exit(lab.skip("needs swaks"))
    PROGRAMS = Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
