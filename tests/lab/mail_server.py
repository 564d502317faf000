# SPDX-License-Identifier: Apache-2.0
"""A Postfix of a test's own, with Dovecot checking passwords: 2525 without AUTH, 2587 with AUTH under TLS, both
families. It delivers nothing but what `settings` and `services` say: what it accepts goes to discard. For use inside lab.enter() or another namespace."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

from lab import came_true, die_with_parent, sh

USER, PASSWORD = "owner", "correct-horse"

MASTER = """\
pickup    unix n - n 60 1 pickup
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
showq     unix n - n - - showq
error     unix - - n - - error
retry     unix - - n - - error
discard   unix - - n - - discard
anvil     unix - - n - 1 anvil
tlsmgr    unix - - n 1000? 1 tlsmgr
postlog   unix-dgram n - n - 1 postlogd
"""
LISTENERS = """\
{address}:{plain} inet n - n - - smtpd
{address}:{secure} inet n - n - - smtpd
  -o smtpd_tls_security_level=may
  -o smtpd_tls_auth_only=yes
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_policy_service_policy_context=submission
"""
DOVECOT = """\
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/dovecot.log
protocols =
ssl = no
auth_mechanisms = plain login
disable_plaintext_auth = no
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {home}/users
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home=/nonexistent
}}
service auth {{
  unix_listener {home}/queue/private/auth {{
    mode = 0660
    user = postfix
    group = postfix
  }}
}}
"""


def missing() -> str:
    """The first program that this needs and that is not here."""
    return next((p for p in ("postfix", "dovecot", "swaks", "openssl") if shutil.which(p) is None), "")


class MailServer:
    """`settings`: more of main.cf, as a dictionary. {home} in a value is this server's directory. `services`: more of
    master.cf. `ports`: without AUTH, with it."""

    def __init__(self, settings: dict[str, str], services: str = "", ports: tuple[int, int] = (2525, 2587)) -> None:
        self._ports = ports
        self.home = Path(tempfile.mkdtemp(prefix="pn-mail-"))
        self.home.chmod(0o755)
        self.log = self.home / "mail.log"
        for name in ("etc", "queue", "data"):
            (self.home / name).mkdir()
        shutil.chown(self.home / "data", "postfix")
        certificate = self._certificate()
        main = {"compatibility_level": "3.6", "queue_directory": f"{self.home}/queue",
                "data_directory": f"{self.home}/data", "maillog_file": str(self.log),
                "maillog_file_prefixes": str(self.home), "inet_interfaces": "all", "inet_protocols": "all",
                "myhostname": "relay.isp.example", "mydestination": "", "alias_maps": "", "alias_database": "",
                "local_recipient_maps": "", "mynetworks": "127.0.0.0/8 [::1]/128", "default_transport": "discard",
                "relay_transport": "discard", "smtpd_peername_lookup": "no", "biff": "no",
                "smtpd_tls_cert_file": certificate, "smtpd_tls_key_file": certificate,
                "smtpd_sasl_type": "dovecot", "smtpd_sasl_path": "private/auth", **settings}
        (self.home / "etc" / "main.cf").write_text(
            "".join(f"{k} = {v.replace('{home}', str(self.home))}\n" for k, v in main.items()))
        (self.home / "etc" / "master.cf").write_text(
            MASTER + services + "".join(LISTENERS.format(address=a, plain=ports[0], secure=ports[1])
                                        for a in ("127.0.0.1", "[::1]")))
        self._dovecot: subprocess.Popen[bytes] | None = None

    def _certificate(self) -> str:
        out = self.home / "mail.pem"
        sh("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
           "-subj", "/CN=relay.isp.example", "-keyout", f"{out}.key", "-out", f"{out}.crt")
        out.write_text(Path(f"{out}.key").read_text() + Path(f"{out}.crt").read_text())
        out.chmod(0o600)
        return str(out)

    def start(self) -> None:
        sh("postfix", "-c", str(self.home / "etc"), "start")
        users = self.home / "users"
        users.write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
        users.chmod(0o644)
        (self.home / "dovecot.conf").write_text(DOVECOT.format(home=self.home))
        self._dovecot = subprocess.Popen(["dovecot", "-F", "-c", str(self.home / "dovecot.conf")],
                                         preexec_fn=die_with_parent)
        ready = came_true(lambda: (self.home / "queue/private/auth").is_socket() and all(
            answers(a, p) for a in ("127.0.0.1", "::1") for p in self._ports), 60)
        if not ready:
            raise RuntimeError("the mail server is not up:\n" + self.log.read_text(errors="replace"))

    def close(self) -> None:
        sh("postfix", "-c", str(self.home / "etc"), "abort", check=False)
        if self._dovecot is not None:
            self._dovecot.terminate()
            self._dovecot.wait(30)
        shutil.rmtree(self.home, ignore_errors=True)

    def send(self, server: str, recipients: list[str], *, auth: bool = False, sender: str = "owner@isp.example",
             body: str = "hello", headers: tuple[str, ...] = ()) -> str:
        """The whole conversation, as swaks shows it."""
        argv = ["swaks", "--server", server, "--port", str(self._ports[auth]), "--from", sender, "--to",
                ",".join(recipients), "--helo", "client.example", "--body", body, "--suppress-data"]
        for header in headers:
            argv += ["--add-header", header]
        if auth:
            argv += ["--tls", "--auth", "PLAIN", "--auth-user", USER, "--auth-password", PASSWORD]
        return sh(*argv, check=False).stdout

    def held(self) -> int:
        return sh("postqueue", "-c", str(self.home / "etc"), "-j", check=False).stdout.count('"queue_name": "hold"')

    def log_count(self, pattern: str) -> int:
        return len(re.findall(pattern, self.log.read_text(errors="replace")))


def answers(address: str, port: int) -> bool:
    try:
        with closing(socket.create_connection((address, port), 5)) as s:
            return s.recv(3) == b"220"
    except OSError:
        return False
