#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The DHCP examples of examples/captive-portal in the real Kea: a client that asks is told where to ask about its line.

The client is written here, from RFC 2131 and RFC 8415: two packets each."""

from __future__ import annotations

import os
import re
import shutil
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


def dhcp4(options: bytes) -> bytes:
    body = struct.pack(">BBBBIHH16s16s192s", 1, 1, 6, 0, TRANSACTION, 0, 0x8000, bytes(16), MAC, bytes(192))
    body += COOKIE + options + b"\xff"
    udp = struct.pack(">HHHH", 68, 67, 8 + len(body), 0) + body
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, bytes(4), b"\xff" * 4)
    head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    return b"\xff" * 6 + MAC + struct.pack(">H", ETH_P_IP) + head + udp


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

    def __init__(self, program: str, example: str) -> None:
        self.directory = tempfile.mkdtemp(prefix="pn-kea-")
        environment = os.environ | {"KEA_LOCKFILE_DIR": self.directory, "KEA_PIDFILE_DIR": self.directory}
        self.log, settings = Path(self.directory, "log"), Path(self.directory, example)
        text = (EXAMPLES / example).read_text()
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


if __name__ == "__main__":
    for program in ("kea-dhcp4", "kea-dhcp6"):
        if shutil.which(program) is None:
            sys.exit(lab.skip(f"{program} is not installed"))
    lab.enter()
    unittest.main(argv=[sys.argv[0]])
