# SPDX-License-Identifier: Apache-2.0
"""Dovecot as the SASL server of one Postfix: checks the password of submission clients, nothing else."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .. import plan
from ..shell import Processes, wait_for
from .postfix import Postfix

CONFIG = """\
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
  unix_listener {queue}/private/auth {{
    mode = 0660
    user = postfix
    group = postfix
  }}
}}
"""


def start(processes: Processes, postfix: Postfix) -> subprocess.Popen[bytes]:
    """Start it after its Postfix, which makes the queue's private/ directory."""
    home = postfix.directory / f"dovecot-{postfix.name}"
    home.mkdir()
    private = postfix.queue / "private"
    wait_for(f"queue of Postfix {postfix.name}", private.is_dir)
    users = home / "users"
    users.write_text(f"{plan.USER}:{{PLAIN}}{plan.PASSWORD}\n")
    users.chmod(0o644)
    config = home / "dovecot.conf"
    config.write_text(CONFIG.format(home=home, queue=postfix.queue))
    process = processes.start(f"dovecot-{postfix.name}", postfix.namespace.argv("dovecot", "-F", "-c", str(config)))
    wait_for(f"Dovecot of {postfix.name}", lambda: Path(private / "auth").is_socket())
    return process
