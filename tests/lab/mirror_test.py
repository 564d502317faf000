#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A mirror port: a switch repeats what a router carries, with a VLAN tag (IPv4) or two (IPv6), and posternd sees no other
copy. Found are a zombie that knocks at port 25, one that mails on a port of its own (swaks, to a real smtp-sink) and one
that asks a real Unbound for mail servers' names; a scan is told; a line that mails one server is no case. Of what was
said nothing is kept, and a new edge role goes on with the same ring."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

import lab

PROGRAMS = Path()
NETWORKS = 12  # that a zombie knocks at
KNOCKS, SCANS, ASKS, HONEST, ELSEWHERE = ("10.64.9.2", "10.64.9.3", "10.64.9.4", "10.64.9.10", "2001:db8:100:9::2")
LINES = {"knocks": KNOCKS + "/32", "elsewhere": "2001:db8:100:9::/64", "asks": ASKS + "/32", "scans": SCANS + "/32",
         "honest": HONEST + "/32"}
SERVER, ODD_PORT = "203.0.113.80", 2626
CANARY = "canary-77d2"
SETTINGS = """
[flow_export]
hold = "6s"
[mirror]
interfaces = ["mirror0"]
ring = 4
"""
# A switch's mirror port: what passes eth0 in either direction, tagged.
SWITCH = """
import socket, struct
seen = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(3)); seen.bind(("eth0", 3))
port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); port.bind(("mirror", 0))
print("mirrors", flush=True)
while True:
    f = seen.recv(65536)
    six = f[12:14] == b"\\x86\\xdd"
    port.send(f[:12] + (struct.pack("!HHHH", 0x88a8, 200, 0x8100, 7) if six else struct.pack("!HH", 0x8100, 100)) + f[12:])
"""
# source, port, hosts: connects to each and waits for no answer.
KNOCK = """
import socket, sys, time
held = []
for to in sys.argv[3:]:
    s = socket.socket(); s.setblocking(False); s.bind((sys.argv[1], 0)); s.connect_ex((to, int(sys.argv[2]))); held.append(s)
time.sleep(8)
"""
GREET = """
import socket, sys
for _ in range(int(sys.argv[2])):
    s = socket.create_connection((sys.argv[3], 25), 20, (sys.argv[1], 0)); s.recv(512); s.sendall(b"QUIT\\r\\n"); s.recv(512); s.close()
"""
# source, server, names: asks for the mail servers of each until it is answered.
ASK = """
import socket, struct, sys
mine, server, *names = sys.argv[1:]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind((mine, 0)); s.settimeout(2)
for n, name in enumerate(names):
    q = struct.pack("!HHHHHH", n, 0x100, 1, 0, 0, 0) + b"".join(bytes([len(x)]) + x.encode() for x in name.split("."))
    for _ in range(10):
        s.sendto(q + struct.pack("!BHH", 0, 15, 1), (server, 53))
        try:
            if s.recv(512)[:2] == q[:2]: break
        except OSError: pass
    else: sys.exit("no answer for " + name)
"""
UNBOUND = """
server:
  interface: {address}
  access-control: 10.64.0.0/16 allow
  username: ""
  chroot: ""
  directory: "{directory}"
  pidfile: ""
  do-daemonize: no
  use-syslog: no
  local-zone: "." static
  local-data: "there.example. MX 10 mx1.there.example."
remote-control:
  control-enable: no
"""


class Mirror(unittest.TestCase):
    def setUp(self) -> None:
        self.lab = lab.Lab(PROGRAMS)
        self.addCleanup(self.lab.close)
        self.router, self.customers, self.world = lab.Peer(), lab.Peer(), lab.Peer()
        self.processes: list[subprocess.Popen[bytes]] = []
        self.addCleanup(self.end)
        self.build()
        with open(self.lab.directory / "postern.toml", "a") as file:
            file.write(SETTINGS)
        self.lab.start()
        file = self.lab.directory / "lines.csv"
        file.write_text("key,class,prefixes\n" + "".join(f"{k},residential,{p}\n" for k, p in LINES.items()))
        done = self.lab.cli("subscriber", "import", str(file))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertTrue(lab.came_true(lambda: self.counters().get("table_lines", 0) >= len(LINES), 30), self.counters())

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
        lab.sh("ip", "link", "del", "mirror0", check=False)
        for peer in (self.router, self.customers, self.world):
            peer.close()

    def build(self) -> None:
        lab.sh("ip", "link", "add", "mirror0", "type", "veth", "peer", "name", "mirror", "netns", self.router.pid)
        lab.sh("ip", "link", "set", "mirror0", "up")
        for name, peer in (("eth0", self.customers), ("eth1", self.world)):
            lab.sh(*self.router.argv("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", peer.pid))
        lab.sh(*self.router.argv("sh", "-ec", """
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
for l in mirror eth0 eth1; do ip link set $l up; done
ip addr add 10.64.9.1/24 dev eth0; ip addr add 2001:db8:100:9::1/64 dev eth0 nodad
ip addr add 203.0.113.81/28 dev eth1; ip addr add 2001:db8:ffff::1/64 dev eth1 nodad
ip route add 198.18.0.0/15 via 203.0.113.80; ip -6 route add 3fff::/20 via 2001:db8:ffff::2"""))
        mine = "\n".join(f"ip addr add {a}/24 dev eth0" for a in (KNOCKS, SCANS, ASKS, HONEST))
        lab.sh(*self.customers.argv("sh", "-ec", f"""
ip link set lo up; ip link set eth0 up
{mine}
ip addr add {ELSEWHERE}/64 dev eth0 nodad
ip route add default via 10.64.9.1; ip -6 route add default via 2001:db8:100:9::1"""))
        # Over IPv4 there is one host, and what else is asked for nobody answers; over IPv6 every address is one.
        lab.sh(*self.world.argv("sh", "-ec", f"""
ip link set lo up; ip link set eth0 up
ip addr add {SERVER}/28 dev eth0; ip addr add 2001:db8:ffff::2/64 dev eth0 nodad
ip route add default via 203.0.113.81; ip -6 route add default via 2001:db8:ffff::1
ip route add blackhole 198.18.0.0/15; ip -6 route add local 3fff::/20 dev lo"""))

    def run_beside(self, *argv: str) -> Path:
        path = self.lab.directory / f"peer{len(self.processes)}.log"
        with open(path, "wb") as log:
            self.processes.append(subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                   preexec_fn=lab.die_with_parent))
        return path

    def peers(self) -> None:
        said = self.run_beside(*self.router.argv(sys.executable, "-c", SWITCH))
        directory = self.lab.directory / "mta"
        directory.mkdir()
        (directory / "main.cf").write_text("compatibility_level = 3.6\ninet_protocols = all\n")
        for at in (f"{SERVER}:25", f"[::]:{ODD_PORT}"):
            self.run_beside(*self.world.argv("env", f"MAIL_CONFIG={directory}", "smtp-sink", "-u", "nobody", at, "64"))
        (directory / "unbound.conf").write_text(UNBOUND.format(address=SERVER, directory=directory))
        self.run_beside(*self.world.argv("unbound", "-d", "-c", str(directory / "unbound.conf")))
        up = lab.came_true(lambda: "mirrors" in said.read_text() and all(
            f":{port} " in lab.sh(*self.world.argv("ss", "-Htuln")).stdout for port in (25, ODD_PORT, 53)), 30)
        self.assertTrue(up, self.logs())

    def logs(self) -> str:
        return "\n".join(p.read_text(errors="replace")[-2000:] for p in sorted(self.lab.directory.glob("peer*.log")))

    def counters(self) -> dict[str, int]:
        roles = (self.lab.ask("status") or {}).get("engine", {}).get("roles", {})
        return {k: v for k, v in roles.get("edge", {}).get("counters", {}).items() if v}

    def cases(self) -> set[str]:
        keys = list(LINES)  # numbered in this order, from 1
        return {keys[c["line"] - 1] for c in (self.lab.ask("case", "list") or {}).get("items", [])}

    def inside(self, *argv: str) -> subprocess.Popen[str]:
        return subprocess.Popen(self.customers.argv(*argv), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, preexec_fn=lab.die_with_parent)

    def swaks(self, server: str) -> subprocess.Popen[str]:
        return self.inside("swaks", "--server", server, "--port", str(ODD_PORT), "--local-interface", ELSEWHERE,
                           "--helo", CANARY, "--from", f"{CANARY}@a.example", "--to", "b@c.example", "--timeout", "20")

    def test_what_a_mirror_shows(self) -> None:
        self.peers()
        # Answers first: a mirror that shows none says nothing by its silence.
        lab.sh(*self.customers.argv(sys.executable, "-c", GREET, HONEST, "25", SERVER), timeout=120)
        self.assertTrue(lab.came_true(lambda: self.counters().get("mirror.both_ways") == 1, 30),
                        f"{self.counters()}\n{self.logs()}")
        for source, port in ((KNOCKS, 25), (SCANS, 445)):
            hosts = [f"198.18.{n}.25" for n in range(NETWORKS if port == 25 else 40)]
            self.run_beside(*self.customers.argv(sys.executable, "-c", KNOCK, source, str(port), *hosts))
        asked = self.inside(sys.executable, "-c", ASK, ASKS, SERVER, *(f"{CANARY}-{n}.example" for n in range(9)))
        mailed = [self.swaks(f"3fff:{n:x}::25") for n in range(NETWORKS)]
        for process in (*mailed, asked):
            said = process.communicate(timeout=120)[0]
            self.assertEqual(process.returncode, 0, said)
        found = lab.came_true(lambda: {"knocks", "elsewhere", "asks"} <= self.cases(), 90, 0.5)
        print(self.counters(), flush=True)
        self.assertTrue(found, f"{self.cases()}\n{self.counters()}\n{self.logs()}\n{self.lab.log_tail(20)}")
        self.assertNotIn("honest", self.cases(), "the line whose server answers has none")
        told = lab.came_true(lambda: self.counters().get("flow_export.scans_total", 0) >= 2, 40)
        self.assertTrue(told, f"{self.counters()}")
        self.assertEqual(self.counters().get("mirror.smtp_elsewhere_total"), NETWORKS)
        explained = {key: self.lab.cli("explain", key).stdout for key in ("knocks", "elsewhere", "asks")}
        print(explained["elsewhere"], flush=True)
        self.assertIn("did not answer", explained["knocks"])
        self.assertRegex(explained["elsewhere"], rf"3fff:[^\n]*port {ODD_PORT}")
        self.go_on()
        self.lab.stop()
        for file in (self.lab.log, *self.lab.state.iterdir()):
            self.assertNotIn(CANARY.encode(), file.read_bytes(), file)

    def go_on(self) -> None:
        """The edge role dies; the one after it is handed the ring as it is."""
        old = self.lab.role_pids()["edge"]
        os.kill(old, 9)
        self.assertTrue(lab.came_true(lambda: self.lab.role_pids().get("edge", old) != old, 30))
        lab.sh(*self.customers.argv(sys.executable, "-c", GREET, HONEST, "25", SERVER), timeout=120)
        seen = lab.came_true(lambda: self.counters().get("mirror.both_ways") == 1 and
                             self.counters().get("mirror.packets_total", 0) >= 100, 30)
        self.assertTrue(seen, f"{self.counters()}\n{self.lab.log_tail(20)}")


if __name__ == "__main__":
    lab.enter()
    for program in ("swaks", "smtp-sink", "unbound"):
        if shutil.which(program) is None:
            sys.exit(lab.skip(f"needs {program}"))
    PROGRAMS = Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
