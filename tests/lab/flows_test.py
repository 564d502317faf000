#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Flow exports: a router that is none of ours tells of lines that no gate sees. A zombie behind it is found by NetFlow
v9, by IPFIX and by sFlow (pmacctd is the exporter), with evidence a person can read; a line that mails one server that
answers is not; that they talk to a control server of the list is noted. A flood of exports does not raise the journal's
rate."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import unittest
from contextlib import suppress
from pathlib import Path

import lab
from journal_rate import JournalRate

PROGRAMS = Path()
START = 1
NETWORKS = 12  # that a zombie knocks at
ZOMBIES = {"netflow9": "10.64.9.2", "ipfix": "10.64.9.3", "sflow": "10.64.9.4"}
HONEST = "10.64.9.10"
CONTROL = "203.0.113.80:4443"
EXPORTER, COLLECTOR = "192.168.77.2", "192.168.77.1"
FLOOD_LINES, FLOOD_DATAGRAMS = 100, 8_000

SETTINGS = """
[flow_export]
listen = ["{collector}:2055"]
exporters = ["{exporter}"]
hold = "12s"
[c2]
list = "{list}"
"""
PMACCTD = {
    "netflow9": "plugins: nfprobe\nnfprobe_version: 9\n",
    "ipfix": "plugins: nfprobe\nnfprobe_version: 10\n",
    "sflow": f"plugins: sfprobe\nsfprobe_agentip: {EXPORTER}\nsfprobe_direction: in\n",
}
PROBE = f"""\
pcap_interface: eth0
nfprobe_receiver: {COLLECTOR}:2055
sfprobe_receiver: {COLLECTOR}:2055
nfprobe_timeouts: tcp=1:tcp.rst=1:tcp.fin=1:general=1:maxlife=5:expint=1
aggregate: src_host, dst_host, src_port, dst_port, proto, tcpflags
"""
# A mail server that greets and says good-bye.
SERVER = """
import socket
s = socket.create_server(("0.0.0.0", 25))
while True:
    c, _ = s.accept()
    c.sendall(b"220 mail.example ESMTP\\r\\n"); c.recv(512); c.sendall(b"221 bye\\r\\n"); c.close()
"""
ZOMBIE = """
import socket, sys
held = []
for n in range(int(sys.argv[2])):
    s = socket.socket(); s.setblocking(False); s.bind((sys.argv[1], 0)); s.connect_ex((f"198.18.{n}.25", 25)); held.append(s)
import time; time.sleep(8)
"""
CLIENT = """
import socket, sys, time
for _ in range(6):
    try: s = socket.create_connection(("203.0.113.80", 25), 10, (sys.argv[1], 0))
    except OSError: time.sleep(1); continue
    s.recv(512); s.sendall(b"QUIT\\r\\n"); s.recv(512); s.close()
"""
# NetFlow v5 (Cisco's format): SYNs of many lines to ever new networks.
FLOOD = """
import socket, struct, sys, time
collector, lines, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
n = 0
for d in range(count):
    head = struct.pack("!HHIIIIBBH", 5, 30, 100000, int(time.time()), 0, n, 0, 0, 0)
    body = b""
    for _ in range(30):
        to = bytes([100 + n % 50, n // 50 % 250, n % 250, 25])
        body += struct.pack("!4s4sIHHIIIIHHBBBBHHBBH", bytes([10, 64, 20, n % lines]), to, 0, 0, 0, 1, 60, 99000, 99000,
                            1024 + n % 60000, 25, 0, 2, 6, 0, 0, 0, 0, 0, 0)
        n += 1
    s.sendto(head + body, (collector, 2055))
    if d % 20 == 0: time.sleep(0.005)
print(n)
"""


class Flows(JournalRate):
    def setUp(self) -> None:
        self.lab = lab.Lab(PROGRAMS)
        self.addCleanup(self.lab.close)
        self.router, self.customers, self.world = lab.Peer(), lab.Peer(), lab.Peer()
        self.processes: list[subprocess.Popen[bytes]] = []
        self.addCleanup(self.end)
        self.build()
        with open(self.lab.directory / "postern.toml", "a") as file:
            file.write(SETTINGS.format(collector=COLLECTOR, exporter=EXPORTER, list=self.lab.directory / "c2.txt"))
        (self.lab.directory / "c2.txt").write_text(CONTROL)
        self.lab.start()

    def end(self) -> None:
        for process in self.processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # pmacctd's plugins are processes that outlive it
            process.wait()
        lab.sh("ip", "link", "del", "mgmt0", check=False)
        for peer in (self.router, self.customers, self.world):
            peer.close()

    def build(self) -> None:
        router = self.router.argv("sh", "-c")
        lab.sh("ip", "link", "add", "mgmt0", "type", "veth", "peer", "name", "mgmt", "netns", self.router.pid)
        lab.sh("ip", "addr", "add", f"{COLLECTOR}/30", "dev", "mgmt0")
        lab.sh("ip", "link", "set", "mgmt0", "up")
        lab.sh(*self.router.argv("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns",
                                 self.customers.pid))
        lab.sh(*self.router.argv("ip", "link", "add", "eth1", "type", "veth", "peer", "name", "eth0", "netns",
                                 self.world.pid))
        lab.sh(*router, f"ip link set lo up; ip link set mgmt up; ip addr add {EXPORTER}/30 dev mgmt; "
                        "ip link set eth0 up; ip addr add 10.64.9.1/24 dev eth0; ip link set eth1 up; "
                        "ip addr add 203.0.113.81/28 dev eth1; sysctl -qw net.ipv4.ip_forward=1; "
                        "ip route add 198.18.0.0/15 via 203.0.113.80")
        addresses = "; ".join(f"ip addr add {a}/24 dev eth0" for a in (*ZOMBIES.values(), HONEST))
        lab.sh(*self.customers.argv("sh", "-c", f"ip link set eth0 up; {addresses}; ip route add default via 10.64.9.1"))
        # The world has one mail server; whatever else is asked for there, nobody answers.
        lab.sh(*self.world.argv("sh", "-c", "ip link set lo up; ip link set eth0 up; "
                                            "ip addr add 203.0.113.80/28 dev eth0; ip route add default via 203.0.113.81; "
                                            "ip route add blackhole 198.18.0.0/15"))

    def run_beside(self, *argv: str) -> None:
        with open(self.lab.directory / f"peer{len(self.processes)}.log", "wb") as log:
            self.processes.append(subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                   start_new_session=True, preexec_fn=lab.die_with_parent))

    def hold(self, lines: dict[str, str]) -> None:
        self.keys = list(lines)  # numbered in this order, from 1
        self.lab.import_subscribers(self.keys)
        for key, address in lines.items():
            self.assertTrue(self.lab.radius(self.lab.accounting(START, f"s-{key}", key, address)), "a Start is acknowledged")

    def counters(self) -> dict[str, int]:
        roles = (self.lab.ask("status") or {}).get("engine", {}).get("roles", {})
        return {k: v for k, v in roles.get("edge", {}).get("counters", {}).items() if k.startswith(("flow_export.", "c2."))}

    def cases(self) -> dict[str, str]:
        """Customer's key: what their case says."""
        listed = (self.lab.ask("case", "list") or {}).get("items", [])
        keys = [self.keys[c["line"] - 1] for c in listed]
        return {key: self.lab.cli("explain", key).stdout for key in keys}

    def test_zombies_behind_a_router(self) -> None:
        self.hold({f"line-{how}": address for how, address in ZOMBIES.items()} | {"line-honest": HONEST})
        for how, address in ZOMBIES.items():
            config = self.lab.directory / f"{how}.conf"
            others = " or ".join(f"host {a}" for a in (address, *([HONEST] if how == "netflow9" else [])))
            config.write_text(f"{PMACCTD[how]}{PROBE}pcap_filter: {others}\n")
            self.run_beside(*self.router.argv("pmacctd", "-f", str(config)))
        self.run_beside(*self.world.argv(sys.executable, "-c", SERVER))
        self.assertTrue(lab.came_true(lambda: self.logs().count("Exporting flows to") == len(ZOMBIES), 40), self.logs())
        served = self.lab.directory / "served"
        served.mkdir()
        self.run_beside(*self.world.argv(sys.executable, "-m", "http.server", "4443", "--directory", str(served)))
        lab.sh(*self.customers.argv(sys.executable, "-c", CLIENT, HONEST), timeout=60)
        self.assertTrue(lab.came_true(lambda: self.counters().get("flow_export.mail_flows_total", 0) > 0, 40),
                        f"{self.counters()}\n{self.logs()}")
        for address in ZOMBIES.values():
            lab.sh(*self.customers.argv("curl", "-sS", "-m", "15", "--retry", "5", "--retry-connrefused", "--interface", address,
                                        f"http://{CONTROL}/"))
        self.assertTrue(lab.came_true(lambda: self.counters().get("c2.told_total") == len(ZOMBIES), 40),
                        f"each kind of export shows it: {self.counters()}\n{self.logs()}")
        for address in ZOMBIES.values():
            self.run_beside(*self.customers.argv(sys.executable, "-c", ZOMBIE, address, str(NETWORKS)))
        wanted = {f"line-{how}" for how in ZOMBIES}
        found = lab.came_true(lambda: wanted <= set(self.cases()), 90, 1)
        cases = self.cases()
        print({k: v for k, v in self.counters().items() if v}, flush=True)
        self.assertTrue(found, f"{cases}\n{self.counters()}\n{self.logs()}")
        self.assertEqual(set(cases), wanted, "the line whose server answers has none")
        for text in cases.values():
            self.assertRegex(text, r"mail networks never contacted before")
            self.assertIn("198.18.", text)
            self.assertIn(f"talked to {CONTROL.split(':')[0]}, which is on the list", text)
        print(cases["line-netflow9"], flush=True)
        self.assertIn("did not answer", cases["line-netflow9"])

    def logs(self) -> str:
        return "\n".join(p.read_text(errors="replace")[-2000:] for p in sorted(self.lab.directory.glob("peer*.log")))

    def test_a_flood(self) -> None:
        self.hold({f"line-{n}": f"10.64.20.{n}" for n in range(1, FLOOD_LINES)})
        before, begin = self.settle(), time.monotonic()
        sent = int(lab.sh(*self.router.argv(sys.executable, "-c", FLOOD, COLLECTOR, str(FLOOD_LINES),
                                            str(FLOOD_DATAGRAMS)), timeout=120).stdout)
        self.assertTrue(lab.came_true(lambda: self.counters()["flow_export.contacts_over_rate_total"] > 0, 60),
                        f"{self.counters()}")
        time.sleep(15)  # what is held comes after `hold`
        after = self.settle()
        print(f"flood: {sent} flows; " + ", ".join(f"{k} {v}" for k, v in self.counters().items() if v), flush=True)
        growth = self.grown("the flood of exports", before, after, time.monotonic() - begin)
        self.assertGreater(growth.get("case", 0), 0, "the flood was seen")
        self.assertLessEqual(growth.get("finding", 0) + growth.get("case", 0), 8 * FLOOD_LINES)
        self.assertTrue(self.lab.ask("status")["engine"]["healthy"])


if __name__ == "__main__":
    lab.enter()
    if shutil.which("pmacctd") is None:
        sys.exit(lab.skip("needs pmacctd (package pmacct)"))
    PROGRAMS = Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
