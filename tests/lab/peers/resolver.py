# SPDX-License-Identifier: Apache-2.0
"""Unbound that knows a few mail servers and says of every other name that there is none, and a client that asks it."""

from __future__ import annotations

from pathlib import Path

CONF = """
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
{data}
remote-control:
  control-enable: no
{more}"""
# type, from, to, names: asks until each is answered.
ASK = """
import socket, struct, sys
kind, mine, server, *names = sys.argv[1:]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind((mine, 0)); s.settimeout(2)
for n, name in enumerate(names):
    q = struct.pack("!HHHHHH", n, 0x100, 1, 0, 0, 0) + b"".join(bytes([len(x)]) + x.encode() for x in name.split("."))
    for _ in range(10):
        s.sendto(q + struct.pack("!BHH", 0, int(kind), 1), (server, 53))
        try:
            if s.recv(512)[:2] == q[:2]: break
        except OSError: pass
    else: sys.exit("no answer for " + name)
"""


def argv(address: str, directory: Path, known: tuple[str, ...], more: str = "") -> list[str]:
    """`known`: domains with an MX. `more`: sections of unbound.conf."""
    data = "\n".join(f'  local-data: "{name}. MX 10 mx1.{name}."' for name in known)
    file = directory / "unbound.conf"
    file.write_text(CONF.format(address=address, directory=directory, data=data, more=more))
    return ["unbound", "-d", "-c", str(file)]
