# SPDX-License-Identifier: Apache-2.0
"""A NAS and the RADIUS server of the provider: accounting by radclient, Disconnect-Requests and authorisation by FreeRADIUS,
with the files of examples/freeradius as they are shipped."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path

from .. import plan
from ..shell import Namespace, Processes, wait_for

SECRET = "demo-accounting-secret"
EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "freeradius"
CONFIG = """\
name = bng1
prefix = /usr
localstatedir = {home}
logdir = {home}
run_dir = {home}
libdir = /usr/lib/freeradius
thread pool {{
 start_servers = 1
 max_servers = 4
 min_spare_servers = 1
 max_spare_servers = 4
}}
client gate {{
 ipaddr = 0.0.0.0/0
 secret = {secret}
}}
modules {{
 {rest}
 always ok {{
  rcode = ok
 }}
}}
policy {{
 $INCLUDE {examples}/policy.d/postern
}}
server nas {{
 listen {{
  type = coa
  ipaddr = {nas}
  port = {coa_port}
 }}
 recv-coa {{
  ok
 }}
 send-coa {{
  ok
 }}
}}
server authorise {{
 listen {{
  type = auth
  ipaddr = {nas}
  port = 1812
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
"""


class Nas:
    def __init__(self, namespace: Namespace, directory: Path) -> None:
        self._namespace = namespace
        self._home = directory / "freeradius"
        self._log = directory / "freeradius.log"
        self.secret_file = directory / "radius.secret"
        self.secret_file.write_text(SECRET + "\n")
        self.secret_file.chmod(0o600)

    def start(self, processes: Processes) -> None:
        self._home.mkdir()
        (self._home / "dictionary").write_text("$INCLUDE /usr/share/freeradius/dictionary\n")
        rest = (EXAMPLES / "mods-available" / "postern_rest").read_text()
        ours = f"http://{plan.RADIUS.v4}:{plan.AUTHORISE_PORT}"
        (self._home / "radiusd.conf").write_text(CONFIG.format(
            home=self._home, secret=SECRET, rest=rest.replace("http://127.0.0.1:8813", ours), examples=EXAMPLES,
            nas=plan.NAS.v4, coa_port=plan.COA_PORT))
        processes.start("freeradius", self._namespace.argv("freeradius", "-d", str(self._home), "-D", "/usr/share/freeradius",
                                                           "-f", "-x", "-l", "stdout"))
        wait_for("FreeRADIUS", lambda: "Ready to process" in self._text(), 20)

    def _text(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def disconnects(self, line: plan.Line) -> list[str]:
        """The Acct-Session-Id of each Disconnect-Request for the line, as FreeRADIUS printed them; sent again counts twice."""
        asked = [re.split(r"Received |Sent ", part)[0] for part in self._text().split("Received Disconnect-Request")[1:]]
        mine = [a for a in asked if f'User-Name = "{line.key}"' in a]
        return [found.group(1) for a in mine if (found := re.search(r'Acct-Session-Id = "([^"]*)"', a))]

    def log_in(self, line: plan.Line) -> dict[str, str]:
        """What authorisation gives the line: the attributes of its Access-Accept."""
        done = self._namespace.run("radclient", "-x", "-r", "2", "-t", "3", "-S", str(self.secret_file), f"{plan.NAS.v4}:1812",
                                   "auth", stdin=f'User-Name = "{line.key}", User-Password = "x"\n', check=False)
        answer = done.stdout.partition("Access-Accept")[2]
        return dict(re.findall(r'^\s+([A-Za-z-]+) = "?([^"\n]*)"?$', answer, re.M))

    def send(self, line: plan.Line, status: str, session: str = "", user: str = "", class_name: str = "") -> bool:
        """Start, Interim-Update or Stop of the line's session; True when posternd answered (after its journal has it).
        With `user` the line's addresses go to another subscriber."""
        prefix = ipaddress.ip_network(line.delegated)
        attributes = [f"Packet-Src-IP-Address = {plan.NAS.v4}", f"Acct-Status-Type = {status}",
                      f'User-Name = "{user or line.key}"',
                      f'Acct-Session-Id = "{session or line.name + "-1"}"', 'NAS-Identifier = "bng1"',
                      f"NAS-IP-Address = {plan.NAS.v4}", f'NAS-Port-Id = "{line.interface}"',
                      f"Framed-IP-Address = {line.address.v4}", f"Delegated-IPv6-Prefix = {prefix}"]
        if class_name:
            attributes.append(f'Class = "{class_name}"')
        done = self._namespace.run("radclient", "-q", "-r", "3", "-t", "2", "-S", str(self.secret_file),
                                   f"{plan.RADIUS.v4}:1813", "acct", stdin=", ".join(attributes) + "\n", check=False)
        return done.returncode == 0

    def redial(self, line: plan.Line, old: str, session: str) -> dict[str, str]:
        """The session ends, the line dials in again and gets what authorisation gives it, or nothing."""
        if not self.send(line, "Stop", session=old):
            return {}
        given = self.log_in(line)
        started = self.send(line, "Start", session=session, class_name=ascii_of(given.get("Class", "")))
        return given if started else {}


def ascii_of(octets: str) -> str:
    """Class is octets in the dictionary: 0x7265... is what radclient prints."""
    return bytes.fromhex(octets[2:]).decode() if octets.startswith("0x") else octets
