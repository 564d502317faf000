# SPDX-License-Identifier: Apache-2.0
"""Unbound as the name server of zones that are given as text, for clients that look a domain's mail servers up by DNS."""

from __future__ import annotations

import subprocess
from pathlib import Path

from lab import came_true, die_with_parent, sh

UNBOUND = """\
server:
  directory: "{home}"
  username: ""
  chroot: ""
  pidfile: "{home}/unbound.pid"
  do-daemonize: no
  use-syslog: no
  logfile: "{home}/unbound.log"
  module-config: "iterator"
{interfaces}
  access-control: 0.0.0.0/0 allow
  access-control: ::0/0 allow
remote-control:
  control-enable: yes
  control-interface: {home}/unbound.ctl
{zones}
"""
ZONE = 'auth-zone:\n  name: "{name}"\n  zonefile: "{home}/{name}.zone"\n  for-upstream: yes\n  for-downstream: yes\n'
HEAD = "$ORIGIN {name}.\n@ 3600 IN SOA ns.{name}. hostmaster.{name}. 1 3600 600 86400 60\n@ 3600 IN NS ns.{name}.\n"


class Zones:
    """`zones`: name -> records as a zone file has them. Asked on port 53 of `addresses`; resolv.conf names those, for as long as
    the test's mounts live."""

    def __init__(self, home: Path, addresses: list[str], zones: dict[str, str]) -> None:
        home.mkdir()
        for name, records in zones.items():
            (home / f"{name}.zone").write_text(HEAD.format(name=name) + records)
        config = home / "unbound.conf"
        config.write_text(UNBOUND.format(home=home, interfaces="\n".join(f"  interface: {a}" for a in addresses),
                                         zones="".join(ZONE.format(name=name, home=home) for name in zones)))
        self._process = subprocess.Popen(["unbound", "-c", str(config)], preexec_fn=die_with_parent)
        if not came_true(lambda: sh("unbound-control", "-c", str(config), "status", check=False).returncode == 0, 20):
            raise RuntimeError("no Unbound:\n" + (home / "unbound.log").read_text(errors="replace"))
        resolv = home / "resolv.conf"
        resolv.write_text("".join(f"nameserver {a}\n" for a in addresses))
        sh("mount", "--bind", str(resolv), "/etc/resolv.conf")

    def close(self) -> None:
        sh("umount", "/etc/resolv.conf", check=False)
        self._process.kill()
        self._process.wait()
