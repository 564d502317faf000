# SPDX-License-Identifier: Apache-2.0
"""One connection of a direct-to-MX program: connect, read the greeting, try to hand over one message.

Prints one JSON line: {"connected", "connect_ms", "greeting", "greeting_ms", "accepted", "error"}."""

from __future__ import annotations

import argparse
import json
import socket
import sys
import time
from contextlib import suppress


def read_reply(stream: socket.SocketType) -> str:
    data = b""
    while True:
        part = stream.recv(4096)
        data += part
        last = data.rstrip(b"\r\n").split(b"\n")[-1]
        if not part or (data.endswith(b"\n") and last[3:4] != b"-"):
            return data.decode("utf-8", "replace").replace("\r\n", "\n").strip()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("host")
    parser.add_argument("--port", type=int, default=25)
    parser.add_argument("--source", default="")
    parser.add_argument("--timeout", type=float, default=3)
    parser.add_argument("--to", default="", help="recipient: also try to deliver a message")
    parser.add_argument("--subject", default="demo")
    args = parser.parse_args()
    said: dict[str, object] = {"connected": False, "connect_ms": None, "greeting": "", "greeting_ms": None,
                               "accepted": False, "error": ""}
    begin = time.monotonic()
    try:
        source = (args.source, 0) if args.source else None
        stream = socket.create_connection((args.host, args.port), timeout=args.timeout, source_address=source)
        said["connected"], said["connect_ms"] = True, round(1000 * (time.monotonic() - begin), 1)
        said["greeting"] = read_reply(stream)
        said["greeting_ms"] = round(1000 * (time.monotonic() - begin), 1)
        if args.to and str(said["greeting"]).startswith("220"):
            said["accepted"] = deliver(stream, args.to, args.subject)
        with suppress(OSError):
            stream.sendall(b"QUIT\r\n")
        stream.close()
    except OSError as error:
        said["error"] = f"{type(error).__name__}: {error}"
    json.dump(said, sys.stdout)
    print()


def deliver(stream: socket.SocketType, to: str, subject: str) -> bool:
    message = f"From: <zombie@bad.example>\r\nTo: <{to}>\r\nSubject: {subject}\r\n\r\nBuy.\r\n.\r\n"
    for command in ("EHLO zombie.example\r\n", "MAIL FROM:<zombie@bad.example>\r\n", f"RCPT TO:<{to}>\r\n",
                    "DATA\r\n", message):
        stream.sendall(command.encode())
        if read_reply(stream)[:1] not in "23":
            return False
    return True


main()
