# SPDX-License-Identifier: Apache-2.0
"""FreeRADIUS as a NAS that takes CoA- and Disconnect-Requests and misbehaves to order, and as the server that authorises
lines with the files of examples/freeradius as they are shipped. Both are the packaged program, each in the foreground."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

import lab

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "freeradius"
DICTIONARIES, MODULES = Path("/usr/share/freeradius"), Path("/usr/lib/freeradius")
COA_PORT, PROXY_PORT, AUTH_PORT = 13799, 13798, 13812
COA_SECRET, AUTH_SECRET = "lab-coa-secret", "lab-auth-secret"

# What postern.toml says of both.
SETTINGS = """
[radius_coa]
{coa}
[[radius_coa.nas]]
name = "127.0.0.1"
address = "127.0.0.1:{port}"
secret_file = "{directory}/coa"
[radius_auth]
listen = ["127.0.0.1:8813"]
allow = ["127.0.0.1/32"]
"""

COMMON = """\
name = {name}
prefix = /usr
localstatedir = {directory}
logdir = {directory}
run_dir = {directory}
libdir = /usr/lib/freeradius
security {{
 allow_core_dumps = no
 status_server = no
}}
thread pool {{
 start_servers = 1
 max_servers = 4
 min_spare_servers = 1
 max_spare_servers = 4
}}
client lab {{
 ipaddr = 127.0.0.1
 secret = {secret}
 require_message_authenticator = no
}}
"""
NAS = """\
modules {{
 always reject {{
  rcode = reject
 }}
 always ok {{
  rcode = ok
 }}
 expr {{
 }}
 always handled {{
  rcode = handled
 }}
}}
server nas {{
 listen {{
  type = coa
  ipaddr = 127.0.0.1
  port = {port}
 }}
 recv-coa {{
{behaviour}
 }}
 send-coa {{
  ok
 }}
}}
"""
# recv-coa of each.
BEHAVIOURS = {
    "ack": "  ok",
    "silent": "  update control {\n   Response-Packet-Type := Do-Not-Respond\n  }\n  handled",
    # A clock ten minutes ahead: what the Event-Timestamp says is out of the window of RFC 5176 section 6.3.
    "clock": "  if (\"%{expr:%{integer:Event-Timestamp} + 300}\" < \"%{expr:%l + 600}\") {\n   update control {\n"
             "    Response-Packet-Type := Do-Not-Respond\n   }\n   handled\n  }\n  ok",
}


def nak(cause: int) -> str:
    return f"  update reply {{\n   Error-Cause := {cause}\n  }}\n  reject"


def missing() -> str:
    """What is not there of the peers, or nothing."""
    if not Path("/usr/sbin/freeradius").exists() or shutil.which("radclient") is None:
        return "freeradius and freeradius-utils"
    return "" if (MODULES / "rlm_rest.so").exists() else "freeradius-rest"


class FreeRadius:
    def __init__(self, directory: Path, text: str) -> None:
        self.directory = directory
        directory.mkdir(exist_ok=True)
        (directory / "dictionary").write_text(f"$INCLUDE {DICTIONARIES}/dictionary\n")
        (directory / "radiusd.conf").write_text(text)
        self.log = directory / "log"
        with open(self.log, "wb") as log:
            self._process = subprocess.Popen(
                ["/usr/sbin/freeradius", "-d", str(directory), "-D", str(DICTIONARIES), "-f", "-x", "-l", "stdout"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=lab.die_with_parent)
        if not lab.came_true(lambda: "Ready to process" in self.text() or self._process.poll() is not None, 30):
            raise RuntimeError("freeradius does not start:\n" + self.text()[-2000:])
        if self._process.poll() is not None:
            raise RuntimeError("freeradius ended:\n" + self.text()[-2000:])

    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


class Nas(FreeRadius):
    def __init__(self, directory: Path, behaviour: str, secret: str) -> None:
        text = BEHAVIOURS.get(behaviour, behaviour)
        super().__init__(directory, COMMON.format(name="nas", directory=directory, secret=secret)
                         + NAS.format(port=COA_PORT, behaviour=text))

    def asked(self, kind: str) -> list[str]:
        """The requests of that kind as the server printed them ("CoA-Request", "Disconnect-Request"); one that was sent
        again because the server was slow is the same request."""
        found = re.findall(rf"Received {kind} Id .*?(?=\n\(\d+\) (?:#|Sent|[a-z]+ )|\Z)", self.text(), re.S)
        return list({text.split(" length ")[0]: text for text in found}.values())


class Authorise(FreeRadius):
    """post-auth with postern_garden, behind a line's own profile."""

    def __init__(self, directory: Path, secret: str) -> None:
        directory.mkdir(exist_ok=True)
        super().__init__(directory, COMMON.format(name="auth", directory=directory, secret=secret) + f"""
modules {{
 $INCLUDE {EXAMPLES}/mods-available/postern_rest
 always ok {{
  rcode = ok
 }}
}}
policy {{
 $INCLUDE {EXAMPLES}/policy.d/postern
}}
server auth {{
 listen {{
  type = auth
  ipaddr = 127.0.0.1
  port = {AUTH_PORT}
 }}
 authorize {{
  update control {{
   Auth-Type := Accept
  }}
 }}
 post-auth {{
  update reply {{
   Filter-Id := "residential"
   Class := "residential"
  }}
  postern_garden
 }}
}}
""")


class Proxy:
    """Between posternd and the NAS: counts requests, doubles or spoils answers."""

    def __init__(self) -> None:
        self.double = self.spoil = False
        self.requests: list[bytes] = []
        self._near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._near.bind(("127.0.0.1", PROXY_PORT))
        self._far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._far.connect(("127.0.0.1", COA_PORT))
        self._client: tuple[str, int] | None = None
        for turn in (self._requests, self._answers):
            threading.Thread(target=turn, daemon=True).start()

    def _requests(self) -> None:
        while True:
            packet, self._client = self._near.recvfrom(4096)
            self.requests.append(packet)
            try:
                self._far.send(packet)
            except ConnectionRefusedError:
                continue

    def _answers(self) -> None:
        while True:
            try:
                packet = self._far.recv(4096)
            except ConnectionRefusedError:
                time.sleep(0.05)
                continue
            if self.spoil:
                packet = packet[:4] + bytes(b ^ 0x55 for b in packet[4:20]) + packet[20:]
            for _ in range(2 if self.double else 1):
                self._near.sendto(packet, self._client)


def join(to: lab.Lab, coa: str = "") -> Proxy:
    """Makes the NAS and the authorising server known to a lab that has not started; `coa`: more of [radius_coa]."""
    secret = to.directory / "coa"
    secret.write_text(COA_SECRET + "\n")
    secret.chmod(0o600)
    with open(to.directory / "postern.toml", "a") as out:
        out.write(SETTINGS.format(port=PROXY_PORT, directory=to.directory, coa=coa))
    return Proxy()


def log_in(line: int) -> str:
    """What a line that logs in is given, as radclient prints it."""
    return lab.sh("radclient", "-x", "-t", "3", "-r", "2", f"127.0.0.1:{AUTH_PORT}", "auth", AUTH_SECRET,
                  stdin=f"User-Name = cust-{line}, User-Password = x\n", check=False).stdout
