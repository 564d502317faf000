# SPDX-License-Identifier: Apache-2.0
"""Opens an SMTP conversation, waits for a word on stdin, then goes on; says what each half got, one JSON line each."""

from __future__ import annotations

import json
import socket
import sys


def say(**facts: object) -> None:
    print(json.dumps(facts), flush=True)


def main() -> None:
    host = sys.argv[1]
    try:
        stream = socket.create_connection((host, 25), timeout=4)
        say(greeting=stream.recv(512).decode(errors="replace").strip())
        sys.stdin.readline()
        stream.settimeout(2)
        stream.sendall(b"EHLO office.example\r\n")
        say(answer=stream.recv(512).decode(errors="replace").strip(), error="")
    except OSError as error:
        say(greeting="", answer="", error=f"{type(error).__name__}: {error}")


main()
