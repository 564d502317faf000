# SPDX-License-Identifier: Apache-2.0
"""The Internet's mail servers, by address literal: two that take everything, and one that knows some of its users."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from lab import Peer, die_with_parent

# "gone…" it refuses as unknown, "later…" for the time being; what is for home.example it keeps.
PICKY_AT = "198.51.100.3"
PICKY = """
import os,socketserver,sys
home = sys.argv[1]
class Session(socketserver.StreamRequestHandler):
    def handle(self):
        say = lambda text: self.wfile.write(text.encode() + b"\\r\\n")
        say("220 receiver.example")
        keep, kept = False, b""
        while line := self.rfile.readline().decode(errors="replace").strip():
            verb = line[:4].upper()
            if verb == "RCPT":
                later = "later" in line and not os.path.exists(home + "/takes_all")
                say("550 5.1.1 no such user" if "gone" in line else "450 4.2.0 not now" if later else "250 2.1.5 ok")
                keep = keep or "home.example" in line
            elif verb == "DATA":
                say("354 go on")
                while (part := self.rfile.readline()) not in (b".\\r\\n", b""): kept += part if keep else b""
                if keep: open(home + "/kept.mail", "ab").write(kept + b"\\r\\n")
                keep, kept = False, b""
                say("250 2.0.0 taken")
            elif verb == "QUIT":
                return say("221 2.0.0 bye")
            else:
                say("250 ok")
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer((sys.argv[2], 25), Session).serve_forever()
"""


class Receivers:
    """`home`: a folder; a file `takes_all` in it ends what "later" stands for."""

    def __init__(self, internet: Peer, home: Path) -> None:
        self._home = home
        sinks = [["smtp-sink", "-u", "nobody", "-c", at, "100"] for at in ("inet:192.0.2.2:25", "inet:[2001:db8:ffff::2]:25")]
        self._processes = [subprocess.Popen(internet.argv(*argv), stdout=subprocess.DEVNULL, preexec_fn=die_with_parent)
                           for argv in (*sinks, [sys.executable, "-c", PICKY, str(home), PICKY_AT])]

    def takes_all(self, does: bool) -> None:
        (self._home / "takes_all").touch() if does else (self._home / "takes_all").unlink(missing_ok=True)

    def kept(self) -> str:
        file = self._home / "kept.mail"
        return file.read_text(errors="replace") if file.exists() else ""

    def close(self) -> None:
        for p in self._processes:
            p.terminate()
            p.wait(30)
