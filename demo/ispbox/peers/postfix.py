# SPDX-License-Identifier: Apache-2.0
"""Real Postfix instances, each with its own configuration, queue and log below the run's directory."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ..shell import Namespace, came_true, run, wait_for

COMMON = {
    "compatibility_level": "3.6",
    "alias_maps": "", "alias_database": "", "local_recipient_maps": "", "mydestination": "",
    "biff": "no", "smtputf8_enable": "no", "smtpd_banner": "$myhostname ESMTP", "smtpd_peername_lookup": "no",
    # There is no DNS in the box: next hops are written as [address].
    "smtp_dns_support_level": "disabled", "smtp_host_lookup": "native", "disable_dns_lookups": "yes",
    "smtp_tls_security_level": "", "smtpd_relay_restrictions": "permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination",
    "smtpd_recipient_restrictions": "", "smtpd_client_connection_count_limit": "0", "default_process_limit": "60",
    # A queue that retries in seconds, so that the demo sees what a real one does in minutes.
    "minimal_backoff_time": "4s", "maximal_backoff_time": "8s", "queue_run_delay": "4s",
    "smtp_connection_cache_on_demand": "no", "smtp_connect_timeout": "5s", "smtp_helo_timeout": "10s",
}

MASTER = """\
pickup    unix n - n 60 1 pickup
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
verify    unix - - n - 1 verify
flush     unix n - n 1000? 0 flush
proxymap  unix - - n - - proxymap
smtp      unix - - n - - smtp
relay     unix - - n - - smtp
showq     unix n - n - - showq
error     unix - - n - - error
retry     unix - - n - - error
discard   unix - - n - - discard
virtual   unix - n n - - virtual
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
tlsmgr    unix - - n 1000? 1 tlsmgr
postlog   unix-dgram n - n - 1 postlogd
"""
SUBMISSION = """\
{address}:587 inet n - n - - smtpd
  -o smtpd_tls_security_level=may
  -o smtpd_tls_auth_only=yes
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
"""


@dataclass
class Postfix:
    """One instance. `start` returns at once; `wait_ready` waits until every listener answers."""

    namespace: Namespace
    name: str
    directory: Path  # of the run
    listen: list[str]  # addresses for port 25
    submission: list[str] = field(default_factory=list)  # addresses for port 587, AUTH under TLS
    settings: dict[str, str] = field(default_factory=dict)
    routes: dict[str, str] = field(default_factory=dict)  # domain -> next hop
    mailboxes_of: list[str] = field(default_factory=list)  # addresses with a mailbox here
    certificate: Path | None = None

    @property
    def home(self) -> Path:
        return self.directory / f"postfix-{self.name}"

    @property
    def queue(self) -> Path:
        return self.home / "queue"

    @property
    def log_file(self) -> Path:
        return self.home / "mail.log"

    @property
    def mailboxes(self) -> Path:
        return self.home / "mailboxes"

    def write(self) -> None:
        for folder in (self.home / "etc", self.queue, self.home / "data", self.mailboxes):
            folder.mkdir(parents=True)
        shutil.chown(self.home / "data", "postfix")
        shutil.chown(self.mailboxes, "nobody", "nogroup")
        settings = {**COMMON, "myhostname": f"{self.name}.example", "queue_directory": str(self.queue),
                    "data_directory": str(self.home / "data"), "inet_protocols": "all",
                    "inet_interfaces": ", ".join(["127.0.0.1", *self.listen, *self.submission]),
                    "maillog_file": str(self.log_file), "maillog_file_prefixes": str(self.directory),
                    "mynetworks": "127.0.0.0/8", **self._mailbox_settings(), **self._tls_settings(), **self.settings}
        if self.routes:
            table = self.home / "etc" / "routes"
            table.write_text("".join(f"{domain} {hop}\n" for domain, hop in self.routes.items()))
            settings["transport_maps"] = f"texthash:{table}"
        (self.home / "etc" / "main.cf").write_text("".join(f"{k} = {v}\n" for k, v in settings.items()))
        listeners = [f"{bracket(a)}:25 inet n - n - - smtpd\n" for a in ["127.0.0.1", *self.listen]]
        listeners += [SUBMISSION.format(address=bracket(a)) for a in self.submission]
        (self.home / "etc" / "master.cf").write_text(MASTER + "".join(dict.fromkeys(listeners)))

    def _mailbox_settings(self) -> dict[str, str]:
        if not self.mailboxes_of:
            return {}
        table = self.home / "etc" / "mailboxes"
        split = [address.split("@") for address in self.mailboxes_of]
        table.write_text("".join(f"{user}@{domain} {domain}/{user}/\n" for user, domain in split))
        return {"virtual_mailbox_domains": ", ".join(sorted({domain for _, domain in split})),
                "virtual_mailbox_base": str(self.mailboxes), "virtual_mailbox_maps": f"texthash:{table}",
                "virtual_uid_maps": "static:65534", "virtual_gid_maps": "static:65534"}

    def _tls_settings(self) -> dict[str, str]:
        if self.certificate is None:
            return {}
        return {"smtpd_tls_cert_file": str(self.certificate), "smtpd_tls_key_file": str(self.certificate),
                "smtpd_sasl_type": "dovecot", "smtpd_sasl_path": "private/auth"}

    def _command(self, *words: str) -> list[str]:
        return self.namespace.argv("postfix", "-c", str(self.home / "etc"), *words)

    def start(self) -> None:
        run(self._command("start"), timeout=60)

    def stop(self) -> None:
        run(self._command("stop"), timeout=20, check=False)

    def wait_ready(self) -> None:
        wanted = [(a, 25) for a in self.listen] + [(a, 587) for a in self.submission]
        wait_for(f"Postfix {self.name}", lambda: listening(self.namespace, wanted))

    # What the mailboxes, the queue and the log of this server show.
    def mailbox_count(self, domain: str, user: str, token: str) -> int:
        """Messages in the mailbox whose Subject begins with the token; a message delivered twice counts twice."""
        folder = self.mailboxes / domain / user / "new"
        if not folder.is_dir():
            return 0
        return sum(bool(re.search(rf"^Subject: {re.escape(token)}\b", text(f), re.M)) for f in folder.iterdir())

    def subjects(self, domain: str, user: str, token: str) -> set[str]:
        folder = self.mailboxes / domain / user / "new"
        found = (re.search(rf"^Subject: ({re.escape(token)}\S*)", text(f), re.M) for f in folder.glob("*"))
        return {m.group(1) for m in found if m}

    def log_lines(self, pattern: str) -> list[str]:
        return [line for line in text(self.log_file).splitlines() if re.search(pattern, line)]

    def queued(self) -> int:
        return len(run(self.namespace.argv("postqueue", "-c", str(self.home / "etc"), "-j"), check=False)
                   .stdout.splitlines())

    def flush(self) -> None:
        run(self.namespace.argv("postqueue", "-c", str(self.home / "etc"), "-f"), check=False)

    def wait_log(self, pattern: str, timeout: float) -> str:
        came_true(lambda: bool(self.log_lines(pattern)), timeout)
        lines = self.log_lines(pattern)
        return lines[-1] if lines else ""


def bracket(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def listening(namespace: Namespace, wanted: Iterable[tuple[str, int]]) -> bool:
    said = namespace.run("ss", "-Hltn", check=False).stdout
    return all(re.search(rf"\s{re.escape(bracket(a))}:{p}\s", said) for a, p in wanted)


def make_certificate(directory: Path) -> Path:
    """One self-signed certificate for both submission servers."""
    out = directory / "mail.pem"
    run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=mail.example", "-keyout", str(out) + ".key", "-out", str(out) + ".crt"])
    out.write_text(Path(str(out) + ".key").read_text() + Path(str(out) + ".crt").read_text())
    out.chmod(0o600)
    return out


def now_token() -> str:
    return f"{time.time_ns() % 10**9:09d}"
