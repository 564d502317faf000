# SPDX-License-Identifier: Apache-2.0
"""A NAS: accounting by radclient, sent from the services network to posternd's listener."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from .. import plan
from ..shell import Namespace


class Nas:
    def __init__(self, namespace: Namespace, directory: Path) -> None:
        self._namespace = namespace
        self.secret_file = directory / "radius.secret"
        self.secret_file.write_text("demo-accounting-secret\n")
        self.secret_file.chmod(0o600)

    def send(self, line: plan.Line, status: str, session: str = "", user: str = "") -> bool:
        """Start, Interim-Update or Stop of the line's session; True when posternd answered (after its journal has it).
        With `user` the line's addresses go to another subscriber."""
        prefix = ipaddress.ip_network(line.delegated)
        attributes = [f"Packet-Src-IP-Address = {plan.NAS.v4}", f"Acct-Status-Type = {status}",
                      f'User-Name = "{user or line.key}"',
                      f'Acct-Session-Id = "{session or line.name + "-1"}"', 'NAS-Identifier = "bng1"',
                      f"NAS-IP-Address = {plan.NAS.v4}", f'NAS-Port-Id = "{line.interface}"',
                      f"Framed-IP-Address = {line.address.v4}", f"Delegated-IPv6-Prefix = {prefix}"]
        done = self._namespace.run("radclient", "-q", "-r", "3", "-t", "2", "-S", str(self.secret_file),
                                   f"{plan.RADIUS.v4}:1813", "acct", stdin=", ".join(attributes) + "\n", check=False)
        return done.returncode == 0
