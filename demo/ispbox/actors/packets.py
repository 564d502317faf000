# SPDX-License-Identifier: Apache-2.0
"""TCP SYNs made by hand, with any source address (RFC 9293 section 3.1)."""

from __future__ import annotations

import socket
import struct

SYN = 0x02
IPV6_HDRINCL = 36


def _sum(data: bytes) -> int:
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def syn(source: str, destination: str, source_port: int, destination_port: int, sequence: int = 1) -> bytes:
    """A whole IP packet with one SYN."""
    is_v6 = ":" in source
    family = socket.AF_INET6 if is_v6 else socket.AF_INET
    a, b = socket.inet_pton(family, source), socket.inet_pton(family, destination)
    tcp = struct.pack("!HHIIBBHHH", source_port, destination_port, sequence & 0xFFFFFFFF, 0, 5 << 4, SYN, 64240, 0, 0)
    pseudo = a + b + (struct.pack("!IxxxB", len(tcp), 6) if is_v6 else struct.pack("!xBH", 6, len(tcp)))
    tcp = tcp[:16] + struct.pack("!H", _sum(pseudo + tcp)) + tcp[18:]
    if is_v6:
        return struct.pack("!IHBB", 6 << 28, len(tcp), 6, 64) + a + b + tcp
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), sequence & 0xFFFF, 0, 64, 6, 0) + a + b
    return head[:10] + struct.pack("!H", _sum(head)) + head[12:] + tcp


class RawSender:
    """Sends whole IP packets of one family; needs CAP_NET_RAW."""

    def __init__(self, is_v6: bool) -> None:
        self._is_v6 = is_v6
        family = socket.AF_INET6 if is_v6 else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW)
        if is_v6:
            self._socket.setsockopt(socket.IPPROTO_IPV6, IPV6_HDRINCL, 1)

    def send(self, packet: bytes, destination: str) -> bool:
        try:
            self._socket.sendto(packet, (destination, 0, 0, 0) if self._is_v6 else (destination, 0))
            return True
        except OSError:
            return False
