# SPDX-License-Identifier: Apache-2.0
"""The box as a whole: topology, peers, captures and background actors, built in order and taken down in reverse."""

from __future__ import annotations

import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from . import plan
from .observe import Capture, Loops
from .peers import dovecot, sinks
from .peers.postfix import Postfix, make_certificate
from .peers.radius import Nas
from .shell import Processes
from .topology import Topology

FLOOD_PER_S = 300
LOOP_EVERY_S = 2.0
NEIGHBOUR_EVERY_S = 0.7


class Box:
    def __init__(self, stack: ExitStack, keep_files: bool) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="postern-demo-"))
        self.directory.chmod(0o755)
        if not keep_files:
            stack.callback(shutil.rmtree, self.directory, ignore_errors=True)
        self.topology = Topology(stack)
        self.processes = Processes(stack, self.directory)
        self.nas = Nas(self.topology.services, self.directory)
        self.topology.build()
        self._make_mail_servers()
        self.loops: dict[str, Loops] = {}
        self._flood_count = self.directory / "flooder.sent"
        self._flood = None

    # Mail servers.
    def _make_mail_servers(self) -> None:
        t, d = self.topology, self.directory
        certificate = make_certificate(d)
        users = [f"{user}@{domain}" for domain in (*plan.MX_DOMAIN.values(), plan.FOREIGN_DOMAIN)
                 for user in (plan.USER, "postmaster")]
        users += [f"{line.name}@{plan.HOME_DOMAIN}" for line in plan.LINES]
        direct = {plan.MX_DOMAIN[f]: f"smtp:[{plan.MX.of(f)}]:25" for f in plan.FAMILIES}
        subscribers = " ".join(p if ":" not in p else f"[{p.split('/')[0]}]/{p.split('/')[1]}"
                               for p in plan.SUBSCRIBER_PREFIXES)
        self.relay = Postfix(t.services, "relay", d, [plan.RELAY.v4, plan.RELAY.v6], [plan.RELAY.v4, plan.RELAY.v6],
                             {"mynetworks": f"127.0.0.0/8 {plan.SERVICES_GATEWAY.v4}/32 {subscribers}"},
                             {**direct, plan.HOME_DOMAIN: f"smtp:[{plan.MX.v4}]:25", plan.FOREIGN_DOMAIN: f"smtp:[{plan.MX.v4}]:25"}, certificate=certificate)
        self.mx = Postfix(t.mx, "mx", d, [plan.MX.v4, plan.MX.v6], mailboxes_of=users)
        self.other = Postfix(t.other, "other", d, [], [plan.PROVIDER.v4, plan.PROVIDER.v6], mailboxes_of=users,
                             certificate=certificate)
        self.household = Postfix(t.line["closed"], "household", d, [], routes=direct)
        self.office = Postfix(t.line["business"], "office", d, [], routes=direct,
                              settings={"smtp_destination_concurrency_limit": "5", "initial_destination_concurrency": "5"})
        self.servers = [self.relay, self.mx, self.other, self.household, self.office]

    def start_peers(self, stack: ExitStack) -> None:
        with ThreadPoolExecutor(8) as pool:
            def bring_up(server: Postfix) -> None:
                server.write()
                stack.callback(server.stop)
                server.start()
                if server.submission:
                    dovecot.start(self.processes, server)
                server.wait_ready()

            jobs = [pool.submit(bring_up, server) for server in self.servers]
            jobs.append(pool.submit(sinks.start, self.processes, self.topology))
            jobs.append(pool.submit(self.nas.start, self.processes))
            for job in jobs:
                job.result()

    # Eyes.
    def start_captures(self) -> None:
        t = self.topology
        keep = " or ".join(["tcp port 25", *(f"net {p}" for p in plan.DARK_PREFIXES)])
        self.outside = Capture(self.processes, t.core, "isp0", "outside", self.directory, keep)
        self.at_mx = Capture(self.processes, t.mx, "eth0", "mx", self.directory, "tcp port 25")
        self.at_home = Capture(self.processes, t.line["closed"], "eth0", "home", self.directory, "tcp port 25")

    # Background actors.
    def start_loops(self) -> None:
        for line in plan.LINES:
            innocent = line is plan.NEIGHBOUR
            self.loops[line.name] = Loops(self.processes, self.topology.line[line.name], line, self.directory,
                                          NEIGHBOUR_EVERY_S if innocent else LOOP_EVERY_S, with_web=innocent)

    def start_flood(self) -> None:
        pairs = [w for f in plan.FAMILIES for w in ("--pair", f"{plan.FLOODER.address.of(f)},{plan.MX.of(f)}")]
        self._flood = self.processes.start_actor(self.topology.line["flooder"], "flooder", "syn.py", *pairs, "--rate",
                                                 str(FLOOD_PER_S), "--count-file", str(self._flood_count))

    def flood_sent(self) -> dict[str, int]:
        try:
            v4, v6 = self._flood_count.read_text().split()
            return {plan.IPV4: int(v4), plan.IPV6: int(v6)}
        except (OSError, ValueError):
            return {plan.IPV4: 0, plan.IPV6: 0}

    def flood_runs(self) -> bool:
        return self._flood is not None and self._flood.poll() is None

    def stop_flood(self) -> None:
        if self._flood is not None:
            self.processes.stop(self._flood)
