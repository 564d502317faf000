# SPDX-License-Identifier: Apache-2.0
"""syn_flood.py INTERFACE MAC COUNT SECONDS_MAX LINES NETWORKS FIRST_NETWORK: SYNs to port 25, from 10.64.x.y (LINES of
them) to a host in each of NETWORKS different /24. Prints how many were sent and in how many seconds."""

from __future__ import annotations

import random
import socket
import struct
import sys
import time


def ones(data: bytes) -> int:
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def frame(link: bytes, source: bytes, destination: bytes, port: int) -> bytes:
    tcp = struct.pack("!HHIIBBHHH", port, 25, port * 7919, 0, 5 << 4, 2, 64240, 0, 0)
    tcp = tcp[:16] + struct.pack("!H", ones(source + destination + b"\0\x06\0\x14" + tcp)) + tcp[18:]
    head = struct.pack("!BBHHHBBH", 0x45, 0, 40, port, 0, 64, 6, 0) + source + destination
    return link + head[:10] + struct.pack("!H", ones(head)) + head[12:] + tcp


def main() -> None:
    interface, mac, count, seconds_max, lines, networks, first = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:8])
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.bind((interface, 0))
    own = out.getsockname()[4]
    link = bytes.fromhex(mac.replace(":", "")) + own + b"\x08\x00"
    pick = random.Random(first)
    frames = []
    for network in range(networks):
        to = bytes([198, 18 + (first + network) // 256 % 2, (first + network) % 256, 25])
        for line in range(lines):
            frames.append(frame(link, bytes([10, 64, 1 + line // 200, 1 + line % 200]), to, pick.randrange(1024, 65536)))
    pick.shuffle(frames)
    begin = time.monotonic()
    sent = 0
    while sent < count and time.monotonic() - begin < seconds_max:
        for one in frames[:count - sent]:
            try:
                out.send(one)
                sent += 1
                if sent % 200 == 0:
                    time.sleep(0.002)  # or most would be dropped by the queue before the gate
            except OSError:  # the queue is full
                time.sleep(0.001)
    print(sent, round(time.monotonic() - begin, 2))


main()
