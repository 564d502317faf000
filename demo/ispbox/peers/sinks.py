# SPDX-License-Identifier: Apache-2.0
"""The rest of the internet: other people's mail servers (smtp-sink), a web server and a UDP echo."""

from __future__ import annotations

from .. import plan
from ..shell import Processes, wait_for
from ..topology import Topology
from .postfix import listening


def start(processes: Processes, topology: Topology) -> None:
    for family, listen in (("ipv4", "0.0.0.0:25"), ("ipv6", "[::]:25")):
        processes.start(f"smtp-sink-{family}", topology.mail.argv("smtp-sink", "-u", "postfix", "-h", "mx.elsewhere.example",
                                                                  listen, "200"))
    processes.start_actor(topology.other, "servers", "servers.py", plan.PROVIDER.v4, plan.PROVIDER.v6,
                          "--http", str(plan.HTTP_PORT), "--echo", str(plan.ECHO_PORT))
    wait_for("smtp-sink", lambda: listening(topology.mail, [("0.0.0.0", 25), ("::", 25)]))
    wait_for("web server of the other provider",
             lambda: listening(topology.other, [(plan.PROVIDER.v4, plan.HTTP_PORT), (plan.PROVIDER.v6, plan.HTTP_PORT)]))
