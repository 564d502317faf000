# SPDX-License-Identifier: Apache-2.0
"""A Dovecot with IMAP on loopback, both families, that knows its users from SQL (SQLite): where sessions end and logins are
refused when an account is locked. It looks at the column `active`, or asks a policy server."""

from __future__ import annotations

import imaplib
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from lab import came_true, die_with_parent

DOVECOT = """\
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/dovecot.log
auth_verbose = yes
protocols = imap
ssl = no
disable_plaintext_auth = no
auth_failure_delay = 0
mail_location = maildir:{home}/mail/%u
{policy}
passdb {{
  driver = sql
  args = {home}/sql.conf
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home=/nonexistent
}}
service imap-login {{
  inet_listener imap {{
    address = 127.0.0.1 ::1
    port = {port}
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""
POLICY = "auth_policy_server_url = {url}\nauth_policy_hash_nonce = lab"
SQL = """\
driver = sqlite
connect = {database}
default_pass_scheme = PLAIN
password_query = SELECT name AS user, password FROM users WHERE name = '%u'{active}
"""


def missing() -> str:
    """What this needs of Dovecot and is not here: a Debian package."""
    have = {"dovecot-imapd": "/usr/lib/dovecot/imap", "dovecot-sqlite": "/usr/lib/dovecot/modules/auth/libdriver_sqlite.so",
            "sqlite3": "/usr/bin/sqlite3"}
    return next((package for package, file in have.items() if not Path(file).exists()), "")


def make_users(database: Path, users: dict[str, str]) -> None:
    with closing(sqlite3.connect(database)) as db:
        db.execute("CREATE TABLE users (name TEXT PRIMARY KEY, password TEXT, active INTEGER DEFAULT 1)")
        db.executemany("INSERT INTO users (name, password) VALUES (?, ?)", users.items())
        db.commit()
    database.chmod(0o644)


class Mailboxes:
    """`policy_url`: asked about each login; without it the column `active` counts."""

    def __init__(self, home: Path, port: int, database: Path, policy_url: str = "") -> None:
        self.config, self._port, self._log = home / "dovecot.conf", port, home / "dovecot.log"
        home.mkdir(mode=0o755)
        (home / "mail").mkdir()
        shutil.chown(home / "mail", "nobody")
        (home / "sql.conf").write_text(SQL.format(database=database, active="" if policy_url else " AND active = 1"))
        self.config.write_text(DOVECOT.format(home=home, port=port, policy=POLICY.format(url=policy_url) if policy_url else ""))
        self._dovecot = subprocess.Popen(["dovecot", "-F", "-c", str(self.config)], preexec_fn=die_with_parent)
        if not came_true(self._answers, 60):
            raise RuntimeError("no mailboxes:\n" + self.log())

    def _answers(self) -> bool:
        try:
            for family in "46":
                imaplib.IMAP4({"4": "127.0.0.1", "6": "::1"}[family], self._port, 5).logout()
        except OSError:
            return False
        return True

    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def session(self, family: str, user: str, password: str) -> imaplib.IMAP4:
        """Raises imaplib.IMAP4.error where the login is refused."""
        session = imaplib.IMAP4({"4": "127.0.0.1", "6": "::1"}[family], self._port, 30)
        try:
            session.login(user, password)
        except imaplib.IMAP4.error:
            session.shutdown()
            raise
        return session

    def refuses(self, family: str, user: str, password: str) -> bool:
        try:
            self.session(family, user, password).logout()
        except imaplib.IMAP4.error:
            return True
        return False

    def close(self) -> None:
        self._dovecot.terminate()
        self._dovecot.wait(30)


def is_over(session: imaplib.IMAP4) -> bool:
    try:
        session.noop()
    except (imaplib.IMAP4.error, OSError):
        session.shutdown()
        return True
    return False
