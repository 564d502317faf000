# SPDX-License-Identifier: Apache-2.0
"""A gate of a test's own: private network and mount namespaces, a subscriber and an internet beside it, the real posternd.

Nothing has a name outside: when the test ends, in whatever way, the kernel removes all of it. enter() starts the test
again inside and skips by tests/support/skip.sh where that cannot be."""

from __future__ import annotations

import ctypes
import hashlib
import ipaddress
import json
import os
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
INSIDE = "POSTERN_LAB_INSIDE"
SECRET = b"lab-accounting-secret"
RADIUS = ("127.0.0.1", 1813)
# model/record.h, in its order.
KINDS = ("", "policy", "subscriber", "erased", "session", "finding", "case", "order", "receipt", "permit", "operator",
         "checkpoint", "governor", "note", "noted")
PR_SET_PDEATHSIG = 1

SETTINGS = """\
[provider]
name = "Lab ISP"
url = "http://notice.example"
contact = "abuse@isp.example"
relay_host = "relay.isp.example"
relay = ["203.0.113.25/32"]
[network]
subscriber_prefixes = ["10.64.0.0/16", "2001:db8:100::/40"]
subscriber_interfaces = ["sub0"]
uplink_interfaces = ["up0"]
[gate]
pin_dir = "/sys/fs/bpf/pn-lab"
lines_max = 4096
[radius_acct]
listen = ["127.0.0.1:1813"]
[[radius_acct.client]]
address = "127.0.0.1"
secret_file = "{directory}/secret"
[api]
socket = "{directory}/api.sock"
metrics = ["127.0.0.1:9425"]
[store]
directory = "{state}"
[daemon]
user = "nobody"
"""

# What tests look at again and again; everything else goes through the command.
READS = {("status",): "/v1/status", ("gate", "status"): "/v1/gate", ("case", "list"): "/v1/cases?limit=1000",
         ("decoy", "status"): "/v1/decoys", ("session", "list"): "/v1/sessions?limit=1000",
         ("reputation", "show"): "/v1/reputation"}
SHOWS = {("case", "show"): "cases", ("account", "show"): "accounts", ("relay", "show"): "relay",
         ("subscriber", "show"): "subscribers"}


def skip(reason: str) -> int:
    return subprocess.call([str(HERE.parent / "support" / "skip.sh"), reason])


def enter() -> None:
    """Returns inside the namespaces; elsewhere it does not return."""
    if os.environ.get(INSIDE) == "1":
        return
    if os.geteuid() != 0:
        sys.exit(skip("needs root: network namespaces and BPF"))
    probe = subprocess.run(["unshare", "--mount", "--net", "sh", "-c", "mount -t bpf bpf /sys/fs/bpf && ip link add type "
                            "veth"], capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        sys.exit(skip(f"cannot make namespaces with a BPF file system and veth: {probe.stderr.strip()[:200]}"))
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", "--net", sys.executable, "-B", *sys.argv])


def die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def sh(*argv: str, check: bool = True, stdin: str | None = None, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=timeout, check=False)
    if check and done.returncode != 0:
        raise RuntimeError(f"exit {done.returncode}: {' '.join(argv)}\n{done.stdout}{done.stderr}")
    return done


def came_true(ready: Callable[[], Any], timeout: float, every: float = 0.1) -> bool:
    until = time.monotonic() + timeout
    while not ready():
        if time.monotonic() > until:
            return False
        time.sleep(every)
    return True


class Peer:
    """A network namespace that lives as long as its one sleeping process."""

    def __init__(self) -> None:
        self._holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"], preexec_fn=die_with_parent)
        mine = os.readlink("/proc/self/ns/net")
        if not came_true(lambda: os.readlink(f"/proc/{self._holder.pid}/ns/net") != mine, 5, 0.02):
            raise RuntimeError("no namespace for a peer")
        self.pid = str(self._holder.pid)

    def argv(self, *argv: str) -> list[str]:
        return ["nsenter", "-t", self.pid, "-n", *argv]

    def close(self) -> None:
        self._holder.kill()
        self._holder.wait()


class Lab:
    """`state`: where the journal goes; default: a directory of the lab's own."""

    def __init__(self, programs: Path, state: Path | None = None) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="pn-lab-"))
        self.directory.chmod(0o755)
        self.state = state or self.directory / "state"
        self._daemon, self._cli = programs / "posternd", programs / "postern"
        self._process: subprocess.Popen[bytes] | None = None
        self._web: subprocess.Popen[bytes] | None = None
        self.log = self.directory / "posternd.log"
        self.subscriber, self.internet = Peer(), Peer()
        self._identifier = 0
        self.radius_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._build()

    def _build(self) -> None:
        sh("mount", "-t", "bpf", "bpf", "/sys/fs/bpf")
        sh("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        for name, peer, gateway, address in (("sub0", self.subscriber, "10.64.255.1/30", "10.64.255.2/30"),
                                             ("up0", self.internet, "192.0.2.1/30", "192.0.2.2/30")):
            sh("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", peer.pid)
            sh("ip", "addr", "add", gateway, "dev", name)
            sh(*peer.argv("sh", "-c", f"ip link set lo up; ip link set eth0 up; ip addr add {address} dev eth0; "
                                      f"ip route add default via {gateway.split('/')[0]}"))
            sh("ip", "link", "set", name, "up")
        sh("ip", "link", "set", "lo", "up")
        sh("ip", "route", "add", "10.64.0.0/16", "via", "10.64.255.2")
        sh("ip", "route", "add", "default", "via", "192.0.2.2")
        secret = self.directory / "secret"
        secret.write_bytes(SECRET + b"\n")
        secret.chmod(0o600)
        self.state.mkdir(mode=0o700, exist_ok=True)
        (self.directory / "postern.toml").write_text(SETTINGS.format(directory=self.directory, state=self.state))

    def close(self) -> None:
        self.stop()
        self.radius_socket.close()
        if self._web is not None:
            self._web.kill()
            self._web.wait()
        sh("ip", "link", "del", "sub0", check=False)  # a namespace is taken down later than its last process
        sh("ip", "link", "del", "up0", check=False)
        for peer in (self.subscriber, self.internet):
            peer.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(self) -> None:
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen([str(self._daemon), "--config", str(self.directory / "postern.toml")],
                                             stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_parent)
        if not came_true(lambda: self.governed() or self._process.poll() is not None, 60, 0.3):
            raise RuntimeError("posternd is not in force:\n" + self.log_tail(20))
        if self._process.poll() is not None:
            raise RuntimeError("posternd ended:\n" + self.log_tail(20))

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def governed(self) -> bool:
        return "sub0" in [i["name"] for i in (self.ask("gate", "status") or {}).get("interfaces", [])]

    def serve_web(self, address: str) -> None:
        """A web server on the internet side, until close(): every page is the line "the web"."""
        folder = self.directory / "web"
        folder.mkdir()
        folder.joinpath("index.html").write_text("the web\n")
        self._web = subprocess.Popen(self.internet.argv(sys.executable, "-m", "http.server", "-b", address, "-d", str(folder),
                                                        "80"), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)
        if not came_true(lambda: sh(*self.internet.argv("curl", "-s", "-m", "2", f"http://{address}/"),
                                    check=False).stdout == "the web\n", 20):
            raise RuntimeError("the web server does not start")

    def log_tail(self, lines: int) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def cli(self, *words: str) -> subprocess.CompletedProcess[str]:
        return sh(str(self._cli), "--socket", str(self.directory / "api.sock"), *words, check=False)

    def get(self, path: str) -> Any:
        """What the API says, without a process for each look: tests wait for what it shows. None: nothing, or an error."""
        with suppress(OSError, ValueError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
            s.settimeout(5)
            s.connect(str(self.directory / "api.sock"))
            s.sendall(f"GET {path} HTTP/1.1\r\nHost: postern\r\nConnection: close\r\n\r\n".encode())
            with s.makefile("rb") as answer:
                head, _, body = answer.read().partition(b"\r\n\r\n")
                return json.loads(body) if b" 200 " in head.split(b"\r\n")[0] else None
        return None

    def ask(self, *words: str) -> Any:
        """As `postern -o json` says it."""
        if path := READS.get(words):
            return self.get(path)
        if len(words) == 3 and words[:2] in SHOWS:
            return self.get(f"/v1/{SHOWS[words[:2]]}/{urllib.parse.quote(words[2], safe='')}")
        return self.printed(*words)

    def printed(self, *words: str) -> Any:
        """The same by the command itself."""
        done = self.cli("-o", "json", *words)
        with suppress(ValueError):
            return json.loads(done.stdout)
        return None

    def role_pids(self) -> dict[str, int]:
        found = {}
        if self._process is None or self._process.poll() is not None:
            return found
        for pid in Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split():
            with suppress(OSError):
                name = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[0]
                if name.startswith("posternd: "):
                    found[name.removeprefix("posternd: ")] = int(pid)
        return found

    def import_subscribers(self, keys: list[str]) -> None:
        file = self.directory / "subscribers.csv"
        file.write_text("key,class,language,name,mail,phone\n" + "".join(f"{k},residential,en,,,\n" for k in keys))
        done = self.cli("subscriber", "import", str(file))
        if done.returncode != 0:
            raise RuntimeError(done.stdout + done.stderr)

    # RADIUS accounting (RFC 2866), by hand, so that a packet can be sent again byte for byte.
    def accounting(self, status: int, session: str, user: str, address: str, delay_s: int = 0,
                   class_name: str = "") -> bytes:
        self._identifier = (self._identifier + 1) % 256
        attributes = b"".join(bytes([kind, 2 + len(value)]) + value for kind, value in (
            (40, struct.pack("!I", status)), (44, session.encode()), (1, user.encode()),
            (4, ipaddress.ip_address("127.0.0.1").packed), (8, ipaddress.ip_address(address).packed),
            (41, struct.pack("!I", delay_s)), (87, b"sub0"), (25, class_name.encode())) if value)
        head = struct.pack("!BBH", 4, self._identifier, 20 + len(attributes))
        return head + hashlib.md5(head + bytes(16) + attributes + SECRET).digest() + attributes

    def radius(self, packet: bytes, timeout: float = 2.0, tries: int = 3) -> bool:
        """True when posternd acknowledged it."""
        self.radius_socket.settimeout(timeout)
        for _ in range(tries):
            self.radius_socket.sendto(packet, RADIUS)
            until = time.monotonic() + timeout
            with suppress(TimeoutError):
                while time.monotonic() < until:
                    if self.radius_socket.recv(4096)[:2] == b"\x05" + packet[1:2]:
                        return True
        return False

    def journal(self) -> list[tuple[Any, ...]]:
        """Every record: (sequence, kind, subject, ref, sum). Read-only: the daemon goes on writing."""
        with closing(sqlite3.connect(f"file:{self.state}/journal.db?mode=ro", uri=True, timeout=10)) as database:
            return database.execute("SELECT sequence, kind, subject, ref, hex(sum) FROM records ORDER BY sequence").fetchall()

    def kinds(self) -> Counter[str]:
        return Counter(KINDS[row[1]] for row in self.journal())
