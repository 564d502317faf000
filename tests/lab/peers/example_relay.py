# SPDX-License-Identifier: Apache-2.0
"""examples/relay's Postfix and Dovecot at the paths they ship for, which enter_private_places() makes the test's own.

Only these differ from what ships: the certificate and the passwords are made here, and a domain with known recipients and
one that is delivered without DNS are added to main.cf."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import mail_server
from lab import came_true, die_with_parent, sh
from peers.receivers import PICKY_AT

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "relay"
ADDRESSES = {"4": "203.0.113.25", "6": "2001:db8:25::25"}
MORE_OF_MAIN = ("relay_domains = known.example", "relay_recipient_maps = inline:{ {real@known.example = x} }",
                f"transport_maps = inline:{{ {{home.example = smtp:[{PICKY_AT}]}} }}")


def enter_private_places() -> None:
    """Postfix, Dovecot and Postern find their usual paths, and none of them is the machine's."""
    files = Path("/etc/postfix/postfix-files").read_bytes()
    for where in ("/run", "/etc/postfix", "/etc/dovecot", "/var/spool/postfix", "/var/lib/postfix", "/var/log"):
        sh("mount", "-t", "tmpfs", "-o", "mode=0755", "pn-relay", where)
    for folder in ("/run/postern", "/run/dovecot"):
        Path(folder).mkdir()
    shutil.chown("/var/lib/postfix", "postfix")
    Path("/etc/postfix/postfix-files").write_bytes(files)  # what `postfix start` makes and checks


def maillog() -> str:
    return Path("/var/log/postfix.log").read_text(errors="replace")


def queue(recipient: str) -> list[str]:
    """The queues of Postfix that a message to this recipient stands in."""
    rows = [json.loads(line) for line in sh("postqueue", "-j").stdout.splitlines()]
    return [r["queue_name"] for r in rows if any(t["address"] == recipient for t in r["recipients"])]


def changed_copy(key: str, value: str) -> tempfile.TemporaryDirectory[str]:
    """The configuration that runs, with one parameter changed; its folder goes when it is left."""
    copy = tempfile.TemporaryDirectory()
    shutil.copytree("/etc/postfix", copy.name, dirs_exist_ok=True)
    sh("postconf", "-c", copy.name, "-e", f"{key} = {value}")
    return copy


class ExampleRelay:
    """`users`: name -> password. `listeners`: more of master.cf. `dovecot`: words of the shipped dovecot.conf -> other words."""

    def __init__(self, *, milter: bool, users: dict[str, str], listeners: str, dovecot: dict[str, str]) -> None:
        for name in ("postfix", "dovecot"):
            shutil.copytree(EXAMPLE / name, f"/etc/{name}", dirs_exist_ok=True)
        sh("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
           "-subj", "/CN=relay.isp.example", "-keyout", "/etc/postfix/relay.key", "-out", "/etc/postfix/relay.crt")
        sh("postconf", "-e", *MORE_OF_MAIN)
        if milter:
            sh("sh", "-ec", "grep ^smtpd /etc/postfix/milter.cf | xargs -d '\\n' postconf -e")
        with open("/etc/postfix/master.cf", "a") as master:
            master.write(listeners)
        config = Path("/etc/dovecot/dovecot.conf")
        text = config.read_text()
        for words, mine in dovecot.items():
            assert words in text, words
            text = text.replace(words, mine)
        config.write_text(text)
        self.set_passwords(users)
        sh("postfix", "start")
        self._dovecot = subprocess.Popen(["dovecot", "-F", "-c", str(config)], preexec_fn=die_with_parent)
        if not came_true(lambda: Path("/var/spool/postfix/private/auth").is_socket() and all(
                mail_server.answers(a, 25) for a in ADDRESSES.values()), 60):
            raise RuntimeError("the relay is not up:\n" + maillog())

    @staticmethod
    def set_passwords(users: dict[str, str]) -> None:
        Path("/etc/dovecot/users").write_text("".join(f"{u}:{{PLAIN}}{password}\n" for u, password in users.items()))

    def close(self) -> None:
        sh("postfix", "abort", check=False)
        self._dovecot.terminate()
        self._dovecot.wait(30)
