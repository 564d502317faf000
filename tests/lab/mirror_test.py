#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A mirror port: a switch repeats what a router carries, with a VLAN tag (IPv4) or two (IPv6), and posternd sees no other
copy. Found are a zombie that knocks at port 25, one that mails on a port of its own (swaks, to a real smtp-sink) and one
that asks a real Unbound for mail servers' names; a scan is told; a line that mails one server is no case. Whoever signs in
at a real Postfix without TLS gets one letter; a line whose proxies (microsocks, tinyproxy) carry a stranger's mail is
noted, and so is one that talks to a control server of the list, which is read again when it changes. Of what was said
nothing is kept, and a new edge role goes on with the same ring."""

from __future__ import annotations

import base64
import email
import email.policy
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

import lab
from peers import resolver
import mail_server

PROGRAMS = Path()
NETWORKS = 12  # that a zombie knocks at
KNOCKS, SCANS, ASKS, HONEST, ELSEWHERE = ("10.64.9.2", "10.64.9.3", "10.64.9.4", "10.64.9.10", "2001:db8:100:9::2")
SIGNS, HIDES, PROXY, TALKS, CALLS = "10.64.9.5", "10.64.9.6", "10.64.9.7", "10.64.9.8", "10.64.9.9"
LINES = {"knocks": KNOCKS + "/32", "elsewhere": "2001:db8:100:9::/64", "asks": ASKS + "/32", "scans": SCANS + "/32",
         "honest": HONEST + "/32", "signs": SIGNS + "/32", "hides": HIDES + "/32", "proxy": PROXY + "/32",
         "talks": TALKS + "/32", "calls": CALLS + "/32"}
SERVER, ODD_PORT = "203.0.113.80", 2626
CONTROL_PORT, OTHER_PORT = 4443, 4444
CANARY = "canary-77d2"
# A mail server of others that lets people sign in, with and without TLS; and, on another port, the provider's relay, which
# delivers the letters.
MTA = {"4": "203.0.113.98", "6": "2001:db8:98::98"}
LETTERS_PORT, OWN_PORT = 2526, 2588
NAME, WORD = f"{CANARY}-name", f"{CANARY}-secret"
KEPT_NOWHERE = [CANARY.encode(), *(base64.b64encode(t.encode()) for t in (NAME, WORD, f"\0{NAME}\0{WORD}"))]
SUBJECTS = ("A mail password was sent without encryption", "Ein E-Mail-Passwort wurde unverschlüsselt übertragen")
MAIN = {"virtual_mailbox_domains": "home.example", "virtual_mailbox_base": "{home}/mail",
        "virtual_mailbox_maps": "static:box/", "virtual_uid_maps": "static:65534", "virtual_gid_maps": "static:65534",
        "virtual_minimum_uid": "1000"}
SERVICES = "virtual unix - n n - - virtual\n" + "".join(f"""\
{shown}:{port} inet n - n - - smtpd
  -o smtpd_tls_security_level=may
  -o smtpd_sasl_auth_enable=yes
""" for shown in (MTA["4"], f"[{MTA['6']}]") for port in (25, 587, 2525))
SETTINGS = """
[flow_export]
hold = "6s"
[mirror]
interfaces = ["mirror0"]
ring = 4
[mail]
relay = ["127.0.0.1:2526"]
[c2]
list = "{list}"
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


class Mirror(unittest.TestCase):
    def setUp(self) -> None:
        self.lab = lab.Lab(PROGRAMS)
        self.addCleanup(self.lab.close)
        self.router, self.customers, self.world = lab.Peer(), lab.Peer(), lab.Peer()
        self.processes: list[subprocess.Popen[bytes]] = []
        self.addCleanup(self.end)
        self.build()
        self.server = mail_server.MailServer(MAIN, SERVICES, (LETTERS_PORT, OWN_PORT))
        self.addCleanup(self.server.close)
        (self.server.home / "mail").mkdir(mode=0o755)
        os.chown(self.server.home / "mail", 65534, 65534)
        self.server.start()
        with open(self.lab.directory / "postern.toml", "a") as file:
            file.write(SETTINGS.format(list=self.lab.directory / "c2.txt"))
        (self.lab.directory / "c2.txt").write_text(f"# of today\n{SERVER}:{CONTROL_PORT}\n")
        self.lab.start()
        file = self.lab.directory / "lines.csv"
        file.write_text("key,class,language,name,mail,phone,prefixes\n" + "".join(
            f"{k},residential,{'de' if k == 'elsewhere' else 'en'},Ann Example,{k}@home.example,,{p}\n" for k, p in
            LINES.items()))
        done = self.lab.cli("subscriber", "import", str(file))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertTrue(lab.came_true(lambda: self.counters().get("table_lines", 0) >= len(LINES), 30), self.counters())

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
        for link in ("mirror0", "mta0"):
            lab.sh("ip", "link", "del", link, check=False)
        for peer in (self.router, self.customers, self.world):
            peer.close()

    def build(self) -> None:
        lab.sh("ip", "link", "add", "mirror0", "type", "veth", "peer", "name", "mirror", "netns", self.router.pid)
        lab.sh("ip", "link", "set", "mirror0", "up")
        lab.sh("ip", "link", "add", "mta0", "type", "veth", "peer", "name", "eth2", "netns", self.router.pid)
        lab.sh("sh", "-ec", f"""
ip addr add {MTA["4"]}/28 dev mta0; ip addr add {MTA["6"]}/64 dev mta0 nodad; ip link set mta0 up
ip route add 10.64.9.0/24 via 203.0.113.97; ip -6 route add 2001:db8:100:9::/64 via 2001:db8:98::97""")
        for name, peer in (("eth0", self.customers), ("eth1", self.world)):
            lab.sh(*self.router.argv("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", peer.pid))
        lab.sh(*self.router.argv("sh", "-ec", """
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
for l in mirror eth0 eth1 eth2; do ip link set $l up; done
ip addr add 203.0.113.97/28 dev eth2; ip addr add 2001:db8:98::97/64 dev eth2 nodad
ip addr add 10.64.9.1/24 dev eth0; ip addr add 2001:db8:100:9::1/64 dev eth0 nodad
ip addr add 203.0.113.81/28 dev eth1; ip addr add 2001:db8:ffff::1/64 dev eth1 nodad
ip route add 198.18.0.0/15 via 203.0.113.80; ip -6 route add 3fff::/20 via 2001:db8:ffff::2"""))
        mine = "\n".join(f"ip addr add {a}/24 dev eth0" for a in (KNOCKS, SCANS, ASKS, HONEST, SIGNS, HIDES, PROXY,
                                                                        TALKS, CALLS))
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
        (directory / "tinyproxy.conf").write_text(f"Port 8080\nListen {PROXY}\nAllow 203.0.113.80\nConnectPort 25\n")
        self.run_beside(*self.customers.argv("tinyproxy", "-d", "-c", str(directory / "tinyproxy.conf")))
        self.run_beside(*self.customers.argv("microsocks", "-i", PROXY, "-p", "1080"))
        for port in (CONTROL_PORT, OTHER_PORT):
            self.run_beside(*self.world.argv(sys.executable, "-m", "http.server", str(port), "--directory", str(directory)))
        self.run_beside(*self.world.argv(*resolver.argv(SERVER, directory, ("there.example",))))
        up = lab.came_true(lambda: "mirrors" in said.read_text() and all(
            f":{port} " in lab.sh(*peer.argv("ss", "-Htuln")).stdout for peer, ports in (
                (self.world, (25, ODD_PORT, 53, CONTROL_PORT, OTHER_PORT)), (self.customers, (1080, 8080))) for port in ports), 30)
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

    def sign_in(self, source: str, family: str, port: int, how: str, *more: str) -> subprocess.Popen[str]:
        return self.inside("swaks", "--server", MTA[family], "--port", str(port), "--local-interface", source, "--helo",
                           "laptop.example", "--from", "a@a.example", "--to", "b@c.example", "--timeout", "20", "--auth", how,
                           "--auth-user", NAME, "--auth-password", WORD, *more)

    def letters(self) -> dict[str, str]:
        """Who was warned of signing in, and how; cases have letters of their own."""
        out: dict[str, str] = {}
        for file in (self.server.home / "mail").glob("box/new/*"):
            message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            if message["Subject"] not in SUBJECTS:
                continue
            self.assertNotIn(message["To"].addresses[0].username, out, "one letter each")
            out[message["To"].addresses[0].username] = message.get_content()
        return out

    def signs_in(self) -> list[subprocess.Popen[str]]:
        """Without TLS, and within it; and a stranger who mails through a line's proxies."""
        out = [self.sign_in(SIGNS, "4", port, how) for port, how in ((25, "PLAIN"), (587, "LOGIN"), (2525, "PLAIN"))]
        out += [self.sign_in(ELSEWHERE, "6", 587, "LOGIN"), self.sign_in(HIDES, "4", 587, "PLAIN", "--tls")]
        for proxy in (("--socks5", f"{PROXY}:1080"), ("-p", "-x", f"http://{PROXY}:8080")):
            lab.sh(*self.world.argv("curl", "-sS", "-m", "15", *proxy, f"smtp://{SERVER}:25", "-X", "NOOP"), check=False)
        return out

    def is_told(self) -> None:
        told = lab.came_true(lambda: set(self.letters()) == {"signs", "elsewhere"} and
                             self.counters().get("flow_export.sign_ins_total") == 4, 60, 0.3)
        self.assertTrue(told, f"{self.letters()}\n{self.counters()}\n{self.lab.log_tail(20)}")
        letters = self.letters()
        print(letters["signs"], flush=True)
        self.assertIn(MTA["4"], letters["signs"])
        self.assertIn("ohne", letters["elsewhere"])
        self.assertIn(f"[{MTA['6']}]:587", letters["elsewhere"])
        self.assertTrue(lab.came_true(lambda: self.counters().get("mirror.proxied_total") == 2, 30), self.counters())
        self.assertEqual(self.counters().get("sign_ins.told_total"), 2)
        self.assertEqual(self.counters().get("proxies.told_total"), 1)
        self.assertIn("a proxy that carried", self.watched("proxy"))
        self.assertFalse(self.cases() & {"signs", "hides", "proxy"}, "none of that is a case")

    def test_what_a_mirror_shows(self) -> None:
        self.peers()
        # Answers first: a mirror that shows none says nothing by its silence.
        lab.sh(*self.customers.argv(sys.executable, "-c", GREET, HONEST, "25", SERVER), timeout=120)
        self.assertTrue(lab.came_true(lambda: self.counters().get("mirror.both_ways") == 1, 30),
                        f"{self.counters()}\n{self.logs()}")
        for source, port in ((KNOCKS, 25), (SCANS, 445)):
            hosts = [f"198.18.{n}.25" for n in range(NETWORKS if port == 25 else 40)]
            self.run_beside(*self.customers.argv(sys.executable, "-c", KNOCK, source, str(port), *hosts))
        signing = self.signs_in()
        asked = self.inside(sys.executable, "-c", resolver.ASK, "15", ASKS, SERVER, *(f"{CANARY}-{n}.example" for n in range(9)))
        mailed = [self.swaks(f"3fff:{n:x}::25") for n in range(NETWORKS)]
        for process in (*mailed, asked):
            said = process.communicate(timeout=120)[0]
            self.assertEqual(process.returncode, 0, said)
        for process in signing:
            self.assertIn("535", process.communicate(timeout=120)[0])
        found = lab.came_true(lambda: {"knocks", "elsewhere", "asks"} <= self.cases(), 90, 0.5)
        print(self.counters(), flush=True)
        self.assertTrue(found, f"{self.cases()}\n{self.counters()}\n{self.logs()}\n{self.lab.log_tail(20)}")
        self.assertNotIn("honest", self.cases(), "the line whose server answers has none")
        told = lab.came_true(lambda: self.counters().get("flow_export.scans_total", 0) >= 2, 40)
        self.assertTrue(told, f"{self.counters()}")
        # What a stranger says through the two proxies is SMTP on their ports too, and no line's.
        self.assertTrue(lab.came_true(lambda: self.counters().get("mirror.smtp_elsewhere_total") == NETWORKS + 2, 20),
                        self.counters())
        explained = {key: self.lab.cli("explain", key).stdout for key in ("knocks", "elsewhere", "asks")}
        print(explained["elsewhere"], flush=True)
        self.assertIn("did not answer", explained["knocks"])
        self.assertRegex(explained["elsewhere"], rf"3fff:[^\n]*port {ODD_PORT}")
        self.is_told()
        self.talks_to_control_servers()
        self.go_on()
        self.assertEqual(self.counters()["c2.servers"], 2, "the new role has the list")
        self.lab.stop()
        for file in (self.lab.log, *self.lab.state.iterdir()):
            for canary in KEPT_NOWHERE:
                self.assertNotIn(canary, file.read_bytes(), file)
        self.assertNotIn(CANARY, "".join(self.letters().values()))

    def fetch(self, source: str, port: int) -> None:
        lab.sh(*self.customers.argv("curl", "-sS", "-m", "15", "--interface", source, f"http://{SERVER}:{port}/main.cf"))

    def watched(self, key: str) -> str:
        return ((self.lab.ask("subscriber", "show", key) or {}).get("watch") or {}).get("explained", "")

    def talks_to_control_servers(self) -> None:
        """Once a day each; and whom the list names is what the file says now."""
        for source, port in ((TALKS, CONTROL_PORT), (TALKS, CONTROL_PORT), (CALLS, OTHER_PORT)):
            self.fetch(source, port)
        self.assertTrue(lab.came_true(lambda: "a control server" in self.watched("talks"), 30), self.counters())
        self.assertEqual((self.watched("calls"), self.counters()["c2.servers"]), ("", 1))
        names = self.lab.directory / "c2.txt"
        names.write_text(f"{SERVER}:{OTHER_PORT}\nnonsense\n")
        faults = lambda: str((self.lab.ask("status") or {}))
        self.assertTrue(lab.came_true(lambda: "line 2: neither an address nor a network" in faults(), 30), faults())
        self.assertEqual(self.counters()["c2.servers"], 1, "the list of before stays")
        names.write_text(f"{SERVER}:{CONTROL_PORT}\n{SERVER}:{OTHER_PORT}\n")
        self.assertTrue(lab.came_true(lambda: self.counters()["c2.servers"] == 2, 30), self.counters())
        self.assertNotIn("line 2: neither", faults())
        self.fetch(CALLS, OTHER_PORT)
        self.assertTrue(lab.came_true(lambda: "a control server" in self.watched("calls"), 30), self.counters())
        print(self.watched("calls"), flush=True)
        self.assertEqual(self.counters()["c2.told_total"], 2)
        self.assertIn(f"server={SERVER}:{CONTROL_PORT}", self.lab.log.read_text())
        self.assertFalse(self.cases() & {"talks", "calls"}, "that alone is no case")

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
    if gone := mail_server.missing():
        sys.exit(lab.skip(f"needs {gone}"))
    for program in ("smtp-sink", "unbound", "curl", "microsocks", "tinyproxy"):
        if shutil.which(program) is None:
            sys.exit(lab.skip(f"needs {program}"))
    PROGRAMS = Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
