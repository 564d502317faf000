#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Postern and the real Kea. Its examples of examples/captive-portal: a client that asks is told where to ask about its
line. Its lease files: who has an address or a delegated prefix, through restarts of anybody and Kea's clean-up.

The clients are written here, from RFC 2131 and RFC 8415."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import unittest
from collections.abc import Callable
from pathlib import Path

import lab

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "captive-portal"
URL = b"https://mail-help.isp.example/captive-portal/api"
MAC = bytes.fromhex("02005e100001")
TRANSACTION = 0x0A0B0C
COOKIE = bytes.fromhex("63825363")
ETH_P_IP = 0x0800


def checksum(data: bytes) -> int:
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def dhcp4(options: bytes, mac: bytes = MAC) -> bytes:
    body = struct.pack(">BBBBIHH16s16s192s", 1, 1, 6, 0, TRANSACTION, 0, 0x8000, bytes(16), mac, bytes(192))
    body += COOKIE + options + b"\xff"
    udp = struct.pack(">HHHH", 68, 67, 8 + len(body), 0) + body
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, bytes(4), b"\xff" * 4)
    head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    return b"\xff" * 6 + mac + struct.pack(">H", ETH_P_IP) + head + udp


def options4(frame: bytes) -> dict[int, bytes]:
    """Of a DHCP answer to us; {} for any other frame."""
    if len(frame) < 14 + 20 + 8 + 240 or frame[12:14] != b"\x08\x00" or frame[23] != 17:
        return {}
    body = frame[14 + 4 * (frame[14] & 15) + 8:]
    if body[:1] != b"\x02" or struct.unpack(">I", body[4:8])[0] != TRANSACTION or body[236:240] != COOKIE:
        return {}
    found, at = {53: b""}, 240
    while at + 1 < len(body) and body[at] != 255:
        found[body[at]] = body[at + 2:at + 2 + body[at + 1]]
        at += 2 + body[at + 1]
    return found | {-1: body[16:20]}


def option6(code: int, data: bytes) -> bytes:
    return struct.pack(">HH", code, len(data)) + data


def options6(message: bytes) -> dict[int, bytes]:
    found, at = {}, 4
    while at + 4 <= len(message):
        code, length = struct.unpack(">HH", message[at:at + 4])
        found[code] = message[at + 4:at + 4 + length]
        at += 4 + length
    return found


class Kea:
    """One Kea in the lab's namespace, with the example as it is; DHCPv6's server identifier goes into its own folder."""

    def __init__(self, program: str, example: str, text: str = "") -> None:
        self.directory = tempfile.mkdtemp(prefix="pn-kea-")
        environment = os.environ | {"KEA_LOCKFILE_DIR": self.directory, "KEA_PIDFILE_DIR": self.directory}
        self.log, settings = Path(self.directory, "log"), Path(self.directory, example)
        text = text or (EXAMPLES / example).read_text()
        settings.write_text(text.replace('"Dhcp6": {', f'"Dhcp6": {{ "data-directory": "{self.directory}",'))
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([program, "-c", str(settings)], env=environment, stdout=log, stderr=log,
                                            preexec_fn=lab.die_with_parent)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


def asked_until_answered(send: Callable[[], None], receive: Callable[[], dict[int, bytes]], kea: Kea) -> dict[int, bytes]:
    for _ in range(120):
        send()
        try:
            for _ in range(64):
                if answer := receive():
                    return answer
        except TimeoutError:
            pass
        if kea.process.poll() is not None:
            break
    raise AssertionError("no answer; Kea says:\n" + kea.log.read_text(errors="replace")[-2000:])


class KeaExamples(unittest.TestCase):
    def setUp(self) -> None:
        lab.sh("ip", "link", "add", "access0", "type", "veth", "peer", "name", "client0")
        self.addCleanup(lab.sh, "ip", "link", "del", "access0")
        lab.sh("sh", "-c", "sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.access0.accept_dad=0 "
                           "net.ipv6.conf.client0.accept_dad=0; ip link set lo up; ip addr add 198.51.100.1/24 dev access0; "
                           "ip addr add 2001:db8:1000::1/64 dev access0; ip link set access0 up; ip link set client0 up")
        self.assertTrue(lab.came_true(lambda: "fe80" in lab.sh("ip", "-6", "addr", "show", "client0").stdout, 10))

    def test_dhcp4_lease_has_option_114(self) -> None:
        kea = Kea("kea-dhcp4", "kea-dhcp4.conf")
        self.addCleanup(kea.close)
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_IP))
        self.addCleanup(wire.close)
        wire.bind(("client0", 0))
        wire.settimeout(0.5)
        want = bytes([55, 2, 3, 114])
        offer = asked_until_answered(lambda: wire.send(dhcp4(bytes([53, 1, 1]) + want)) and None,
                                     lambda: options4(wire.recv(2048)), kea)
        self.assertEqual(offer[53], b"\x02")
        request = bytes([53, 1, 3]) + want + b"\x36\x04" + offer[54] + b"\x32\x04" + offer[-1]

        def answer_to_request() -> dict[int, bytes]:
            got = options4(wire.recv(2048))
            return got if got.get(53) == b"\x05" else {}

        lease = asked_until_answered(lambda: wire.send(dhcp4(request)) and None, answer_to_request, kea)
        self.assertTrue(socket.inet_ntoa(lease[-1]).startswith("198.51.100."))
        self.assertEqual(lease[114], URL)

    def test_dhcp6_answer_has_option_103(self) -> None:
        kea = Kea("kea-dhcp6", "kea-dhcp6.conf")
        self.addCleanup(kea.close)
        wire = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self.addCleanup(wire.close)
        scope = socket.if_nametoindex("client0")
        wire.bind(("::", 546, 0, scope))
        wire.settimeout(0.5)
        solicit = struct.pack(">I", 1 << 24 | TRANSACTION) + option6(1, b"\x00\x03\x00\x01" + MAC)
        solicit += option6(3, struct.pack(">III", 1, 0, 0)) + option6(8, b"\x00\x00") + option6(6, struct.pack(">H", 103))
        answer = asked_until_answered(lambda: wire.sendto(solicit, ("ff02::1:2", 547, 0, scope)) and None,
                                      lambda: options6(wire.recv(2048)), kea)
        self.assertIn(3, answer)
        self.assertEqual(answer[103], URL)

    def test_all_three_name_one_address(self) -> None:
        for name in ("kea-dhcp4.conf", "kea-dhcp6.conf", "radvd.conf"):
            self.assertEqual(re.findall(r'"(https?://[^"]*)"', (EXAMPLES / name).read_text()), [URL.decode()], name)


KEA4 = """{{ "Dhcp4": {{
  "interfaces-config": {{ "interfaces": [ "access0" ] }},
  "lease-database": {{ "type": "memfile", "name": "{leases}", "lfc-interval": 3 }},
  "expired-leases-processing": {{ "reclaim-timer-wait-time": 1, "hold-reclaimed-time": 3600 }},
  "store-extended-info": true, "valid-lifetime": 3600, "min-valid-lifetime": 2,
  "subnet4": [ {{ "subnet": "10.64.20.0/24", "pools": [ {{ "pool": "10.64.20.10 - 10.64.20.250" }} ] }} ]
}} }}"""
KEA6 = """{{ "Dhcp6": {{
  "interfaces-config": {{ "interfaces": [ "access0" ] }},
  "lease-database": {{ "type": "memfile", "name": "{leases}", "lfc-interval": 3 }},
  "store-extended-info": true, "valid-lifetime": 3600,
  "subnet6": [ {{ "subnet": "2001:db8:110::/64", "pools": [ {{ "pool": "2001:db8:110::1000 - 2001:db8:110::ffff" }} ],
    "pd-pools": [ {{ "prefix": "2001:db8:120::", "prefix-len": 48, "delegated-len": 56 }} ] }} ]
}} }}"""
SETTINGS = """
[dhcp]
[[dhcp.server]]
name = "kea"
leases4 = "{four}"
leases6 = "{six}"
"""
PROGRAMS = Path()


class KeaLeases(unittest.TestCase):
    def setUp(self) -> None:
        self.lab = lab.Lab(PROGRAMS)
        self.addCleanup(self.lab.close)
        lab.sh("ip", "link", "add", "access0", "type", "veth", "peer", "name", "client0")
        self.addCleanup(lab.sh, "ip", "link", "del", "access0")
        lab.sh("sh", "-c", "sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.access0.accept_dad=0 "
                           "net.ipv6.conf.client0.accept_dad=0; ip addr add 10.64.20.1/24 dev access0; "
                           "ip addr add 2001:db8:110::1/64 dev access0; ip link set access0 up; ip link set client0 up")
        self.assertTrue(lab.came_true(lambda: "fe80" in lab.sh("ip", "-6", "addr", "show", "client0").stdout, 10))
        self.four, self.six = self.lab.directory / "kea-leases4.csv", self.lab.directory / "kea-leases6.csv"
        with open(self.lab.directory / "postern.toml", "a") as file:
            file.write(SETTINGS.format(four=self.four, six=self.six))
        self.wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_IP))
        self.addCleanup(self.wire.close)
        self.wire.bind(("client0", 0))
        self.wire.settimeout(0.5)
        self.kea4 = Kea("kea-dhcp4", "four.conf", KEA4.format(leases=self.four))
        self.addCleanup(self.kea4.close)
        self.kea6 = Kea("kea-dhcp6", "six.conf", KEA6.format(leases=self.six))
        self.addCleanup(self.kea6.close)
        self.lab.start()
        table = self.lab.directory / "subscribers.csv"
        table.write_text("key,class,leases\ncust-1,residential,circuit:olt1/1\ncust-2,residential,\ncust-3,residential,\n"
                         "cust-4,residential,hw:02:00:5e:10:00:04\n")
        done = self.lab.cli("subscriber", "import", str(table))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def lease4(self, number: int, circuit: bytes = b"", remote: bytes = b"", seconds: int = 3600) -> str:
        """The address that the client with this number gets through an access switch that says these of it."""
        mac = MAC[:5] + bytes([number])
        relay = b"".join(bytes([code, len(v)]) + v for code, v in ((1, circuit), (2, remote)) if v)
        said = bytes([51, 4]) + struct.pack(">I", seconds) + (bytes([82, len(relay)]) + relay if relay else b"")
        offer = asked_until_answered(lambda: self.wire.send(dhcp4(bytes([53, 1, 1]) + said, mac)) and None,
                                     lambda: options4(self.wire.recv(2048)), self.kea4)
        request = bytes([53, 1, 3]) + b"\x36\x04" + offer[54] + b"\x32\x04" + offer[-1] + said

        def acknowledged() -> dict[int, bytes]:
            got = options4(self.wire.recv(2048))
            return got if got.get(53) == b"\x05" else {}

        lease = asked_until_answered(lambda: self.wire.send(dhcp4(request, mac)) and None, acknowledged, self.kea4)
        self.server = offer[54]
        return socket.inet_ntoa(lease[-1])

    def release4(self, number: int, address: str) -> None:
        mac = MAC[:5] + bytes([number])
        frame = bytearray(dhcp4(bytes([53, 1, 7]) + b"\x36\x04" + self.server, mac))
        at = 14 + 20 + 8 + 12  # ciaddr
        frame[at:at + 4] = socket.inet_aton(address)
        self.wire.send(bytes(frame))

    def relayed6(self, number: int, interface: bytes, remote: bytes) -> dict[int, bytes]:
        """What a client behind a relay is answered: an address (3) and a prefix (25), as the options' octets."""
        wire = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        scope = socket.if_nametoindex("client0")
        mine = next(line.split()[1].split("/")[0]
                    for line in lab.sh("ip", "-6", "addr", "show", "client0").stdout.splitlines() if "fe80" in line)
        try:
            wire.bind((mine, 547, 0, scope))
            wire.settimeout(0.5)
            link = socket.inet_pton(socket.AF_INET6, "2001:db8:110::1")
            peer = socket.inet_pton(socket.AF_INET6, "fe80::99")

            def exchange(message: bytes) -> dict[int, bytes]:
                packet = bytes([12, 0]) + link + peer + option6(18, interface)
                packet += option6(37, struct.pack(">I", 2495) + remote) + option6(9, message)

                def answer() -> dict[int, bytes]:
                    got = wire.recv(4096)
                    inner = options6(bytes(4) + got[34:]).get(9, b"") if got[:1] == b"\x0d" else b""
                    return options6(inner) if len(inner) > 4 else {}

                return asked_until_answered(lambda: wire.sendto(packet, ("ff02::1:2", 547, 0, scope)) and None, answer,
                                            self.kea6)

            duid = option6(1, b"\x00\x03\x00\x01" + MAC[:5] + bytes([number]))
            wants = option6(3, struct.pack(">III", 1, 0, 0)) + option6(25, struct.pack(">III", 1, 0, 0))
            wants += option6(8, b"\x00\x00")
            head = struct.pack(">I", 1 << 24 | TRANSACTION)
            offer = exchange(head + duid + wants)
            request = struct.pack(">I", 3 << 24 | TRANSACTION) + duid + option6(2, offer[2]) + option6(3, offer[3])
            return exchange(request + option6(25, offer[25]) + option6(8, b"\x00\x00"))
        finally:
            wire.close()

    def who(self, address: str) -> str:
        answer = self.lab.ask("session", "who", address) or {}
        return (answer.get("sessions") or [{}])[0].get("line_key", "") if answer.get("answer") == "found" else "nobody"

    def assert_who(self, address: str, line: str, why: str = "") -> None:
        told = lab.came_true(lambda: self.who(address) == line, 30)
        self.assertTrue(told, f"{address}: {self.who(address)}, not {line}; {why}\n{self.counters()}\n"
                              + "\n".join(file.read_text() for file in (self.four, self.six) if file.exists()))

    def release_and_stop(self, number: int, address: str) -> None:
        """The release in Kea's file, and Kea stopped before the next clean-up, which leaves releases out."""
        def written() -> bool:
            return any(f[0] == address and f[3] == "0" for f in (line.split(",") for line in self.four.read_text().split()))

        self.another_file()
        self.release4(number, address)
        lab.came_true(written, 10, 0.02)
        self.kea4.process.send_signal(signal.SIGSTOP)
        self.assertTrue(written(), self.four.read_text())

    def another_file(self) -> None:
        inode = self.four.stat().st_ino
        there = lab.came_true(lambda: self.four.exists() and self.four.stat().st_ino != inode, 30, 0.02)
        self.assertTrue(there, "Kea goes on to another file")

    def counters(self) -> dict[str, int]:
        roles = (self.lab.ask("status") or {}).get("engine", {}).get("roles", {})
        return {k: v for k, v in roles.get("edge", {}).get("counters", {}).items() if k.startswith("dhcp.")}

    def sessions(self) -> int:
        return self.lab.kinds()["session"]

    def test_leases_are_sessions(self) -> None:
        first = self.lease4(1, circuit=b"olt1/1")
        self.assert_who(first, "cust-1", "by its circuit")
        second = self.lease4(2, remote=b"cust-2")
        self.assert_who(second, "cust-2", "the remote id is the key itself")
        stranger = self.lease4(4)
        six = self.relayed6(2, b"olt1/9", b"cust-2")
        ia = options6(bytes(4) + six[25][12:])[26]
        prefix = socket.inet_ntop(socket.AF_INET6, ia[9:25])
        self.assert_who(prefix, "cust-2", "a delegated prefix")
        address = socket.inet_ntop(socket.AF_INET6, options6(bytes(4) + six[3][12:])[5][:16])
        self.assert_who(address, "cust-2")
        self.assertTrue(lab.came_true(lambda: self.counters().get("dhcp.nameless_total", 0) >= 1, 20), self.counters())
        self.assertEqual(self.who(stranger), "nobody", "a hardware address alone does not count")

        # Everything is read again, and nothing is recorded again.
        before = self.sessions()
        files = self.opened()
        os.kill(self.lab.role_pids()["edge"], 9)
        self.assertTrue(lab.came_true(lambda: self.counters().get("dhcp.caught_up") == 1 and self.opened() > files, 30))
        self.assertEqual(self.sessions(), before)

        # RADIUS is true, whatever the lease says.
        self.assertTrue(self.lab.radius(self.lab.accounting(1, "s-3", "cust-3", first)))
        self.assert_who(first, "cust-3")
        self.assertEqual(self.lease4(1, circuit=b"olt1/1"), first)
        self.assertTrue(self.lab.radius(self.lab.accounting(3, "s-3", "cust-3", first)))
        self.assert_who(first, "cust-3")

        # What happens while posternd is down, a clean-up of the files included.
        self.lab.stop()
        third = self.lease4(5, circuit=b"cust-1", seconds=3600)
        self.assertTrue(lab.came_true(lambda: self.four.with_name(self.four.name + ".2").exists(), 30), "Kea cleans up")
        self.release_and_stop(2, second)
        self.lab.start()
        self.assert_who(third, "cust-1", "leased while nobody listened")
        self.assert_who(second, "nobody", "released while nobody listened")
        self.kea4.process.send_signal(signal.SIGCONT)

        # And while it looks on: the file is another one every few seconds, and leases run out.
        self.another_file()
        short = self.lease4(6, circuit=b"olt1/1", seconds=12)
        self.assert_who(short, "cust-1")
        self.assert_who(short, "nobody", "the lease ran out")
        self.release4(5, third)
        self.assert_who(third, "nobody", "released")
        self.assertEqual(self.counters()["dhcp.fault_header_total"], 0)
        print(json.dumps(self.counters()), flush=True)

    def opened(self) -> int:
        return self.lab.ask("status")["engine"]["supervisor"]["dhcp.files_opened_total"]


if __name__ == "__main__":
    for program in ("kea-dhcp4", "kea-dhcp6"):
        if shutil.which(program) is None:
            sys.exit(lab.skip(f"{program} is not installed"))
    lab.enter()
    PROGRAMS = Path(sys.argv[1]).resolve()
    unittest.main(argv=[sys.argv[0]])
