# SPDX-License-Identifier: Apache-2.0
"""Lines behind NATs between them and the relay: one that works by formula, and one of Linux whose connections ulogd2
tells of, as JSON or by syslog through rsyslog. For the labs of the relay."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from typing import ClassVar

import lab
import relay_lab

PLUGINS = "/usr/lib/x86_64-linux-gnu/ulogd"
BY_FORMULA, LOGS = "198.18.0.1", "198.18.0.2"
POOL = 201  # an address whose ports are no line's
# The second of eight blocks is that of the line `cgn`, the second address of `inside`.
SETTINGS = f"""
[who]
nat_logged = ["{LOGS}"]
nat_log = ["{relay_lab.RELAY['4']}:5514"]
nat_log_senders = ["10.64.255.2"]
[[who.nat]]
outside = "{BY_FORMULA}"
inside = "10.64.1.24/29"
ports = 1008
"""
RULES = f"""
table ip lab {{
  chain post {{
    type nat hook postrouting priority srcnat
    ip saddr {{cgn}} tcp dport 25 snat to {BY_FORMULA}:2032-3039
    ip saddr {{pool}} tcp dport 25 snat to {BY_FORMULA}:60000-60099
    ip saddr {{logged}} tcp dport 25 snat to {LOGS}
  }}
}}
"""
ULOGD = """\
[global]
logfile="{home}/ulogd.log"
plugin="{plugins}/ulogd_inpflow_NFCT.so"
plugin="{plugins}/ulogd_filter_IP2STR.so"
plugin="{plugins}/ulogd_filter_PRINTFLOW.so"
plugin="{plugins}/ulogd_output_{output}.so"
stack={stack}
[ct1]
hash_enable=0
event_mask=0x00000005
[json1]
mode="udp"
host="{relay}"
port="5514"
"""
STACKS = {"JSON": "ct1:NFCT,ip2str1:IP2STR,json1:JSON", "SYSLOG": "ct1:NFCT,ip2str1:IP2STR,print1:PRINTFLOW,sys1:SYSLOG"}
RSYSLOG = """\
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="/dev/log")
if $programname == "ulogd" then action(type="omfwd" target="{relay}" port="5514" protocol="udp")
"""
# A /dev of its own, where syslog(3) finds rsyslog's socket.
OWN_DEV = """\
mkdir {home}/dev; mount --bind /dev {home}/dev; mount -t tmpfs dev /dev
for n in null zero random urandom; do touch /dev/$n; mount --bind {home}/dev/$n /dev/$n; done
setpriv --pdeathsig KILL rsyslogd -n -f {home}/rsyslog.conf -i {home}/rsyslog.pid &
until [ -S /dev/log ]; do sleep 0.1; done
"""


def missing() -> str:
    """What this needs and is not here: a Debian package."""
    have = {"ulogd2": "/usr/sbin/ulogd", "ulogd2-json": f"{PLUGINS}/ulogd_output_JSON.so", "rsyslog": "/usr/sbin/rsyslogd"}
    return next((package for package, file in have.items() if not Path(file).exists()), "")


class BehindNats(relay_lab.RelayLab):
    ulogd_output: ClassVar[str]
    settings = SETTINGS

    @classmethod
    def network(cls) -> None:
        super().network()
        lab.sh("ip", "route", "add", "198.18.0.0/24", "via", "10.64.255.2")
        lab.sh(*cls.lab.subscriber.argv("ip", "addr", "add", f"{relay_lab.address(POOL, '4')}/32", "dev", "lo"))
        rules = RULES
        for name, n in (relay_lab.LINES | {"pool": POOL}).items():
            rules = rules.replace(f"{{{name}}}", relay_lab.address(n, "4"))
        lab.sh(*cls.lab.subscriber.argv("nft", "-f", "-"), stdin=rules)

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        mine = lab.sh("postconf", "-h", "mynetworks").stdout.strip()
        lab.sh("postconf", "-e", f"mynetworks = {mine} {BY_FORMULA} {LOGS}")
        lab.sh("postfix", "reload")

    def ulogd(self) -> None:
        home = self.lab.directory / "nat"
        home.mkdir()
        words = {"home": home, "plugins": PLUGINS, "output": self.ulogd_output, "stack": STACKS[self.ulogd_output],
                 "relay": relay_lab.RELAY["4"]}
        (home / "ulogd.conf").write_text(ULOGD.format(**words))
        (home / "rsyslog.conf").write_text(RSYSLOG.format(**words))
        script = f"{OWN_DEV.format(**words) if self.ulogd_output == 'SYSLOG' else ''}exec ulogd -c {home}/ulogd.conf"
        process = subprocess.Popen(self.lab.subscriber.argv("unshare", "--mount", "--propagation", "private", "sh", "-ec", script),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, preexec_fn=lab.die_with_parent)
        self.addCleanup(lambda: (process.send_signal(signal.SIGTERM), process.wait(30)))

    def test_lines_behind_nats(self) -> None:
        """Whose a message is, is told by address and port; where it cannot be told, it is nobody's."""
        shared = r"450 4\.7\.1 .*Several lines share your address"
        self.assertIn("250 2.0.0 Ok: queued", self.send("cgn", "4"))
        self.assertEqual(self.usage("cgn")["messages_hour"], 1)
        self.assertRegex(self.send("home", "4", n=POOL), shared, "a port that no line has")
        self.assertRegex(self.send("logged", "4"), shared, "nothing was logged yet")
        self.assertEqual(self.usage("logged"), {})
        self.ulogd()
        self.assertTrue(lab.came_true(lambda: "250 2.0.0 Ok: queued" in self.send("logged", "4"), 60, 0.5),
                        (self.lab.directory / "nat" / "ulogd.log").read_text(errors="replace")[-900:])
        self.assertEqual(self.usage("logged")["messages_hour"], 1)
        self.assertEqual(self.usage("cgn")["messages_hour"], 1, "nobody else's")
        for counter in ("relay.shared_total", "relay.behind_nat_total", "nat_log.line_connection_total"):
            self.assertTrue(lab.came_true(lambda what=counter: self.edge(what) > 0, 30), counter)
        self.assertEqual(self.edge("nat_log.line_broken_total") + self.edge("nat_log.line_late_total"), 0)
