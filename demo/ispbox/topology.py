# SPDX-License-Identifier: Apache-2.0
"""Builds the namespaces and wires of the box, and removes them again."""

from __future__ import annotations

import os
import secrets
import signal
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from . import plan
from .shell import Failure, Namespace, run

PREFIX = "pnd-"


class Topology:
    """gate, one namespace for each line, services, and the internet: core, mx, mail, other."""

    def __init__(self, stack: ExitStack) -> None:
        self.tag = f"{PREFIX}{secrets.token_hex(2)}"
        self._made: list[Namespace] = []
        stack.callback(self.remove)
        self.gate = self._add("gate")
        self.services = self._add("services")
        self.core = self._add("core")
        self.mx = self._add("mx")
        self.mail = self._add("mail")
        self.other = self._add("other")
        self.line = {line.name: self._add(line.name) for line in plan.LINES}

    def _add(self, role: str) -> Namespace:
        namespace = Namespace(f"{self.tag}-{role}")
        run(["ip", "netns", "add", namespace.name])
        self._made.append(namespace)
        return namespace

    def namespaces(self) -> list[Namespace]:
        return list(self._made)

    def build(self) -> None:
        for namespace in self._made:
            self._prepare(namespace)
        for line in plan.LINES:
            self._wire_line(line)
        self._wire(self.gate, "svc0", [plan.SERVICES_GATEWAY], self.services, "eth0", [plan.RELAY, plan.NAS], (26, 64))
        self._wire(self.gate, "up0", [plan.UPLINK_GATE], self.core, "isp0", [plan.UPLINK_CORE], (30, 64))
        self._internet()
        self._ip(self.gate, ["addr add 203.0.113.80/32 dev lo", f"addr add {plan.NOTICE.v6}/128 dev lo",
                             f"addr add {plan.RADIUS.v4}/32 dev lo", f"addr add {plan.RADIUS.v6}/128 dev lo",
                             f"route add default via {plan.UPLINK_CORE.v4}",
                             f"route add default via {plan.UPLINK_CORE.v6}"])
        self._ip(self.services, [f"route add default via {plan.SERVICES_GATEWAY.v4} src {plan.RELAY.v4}",
                                 f"route add default via {plan.SERVICES_GATEWAY.v6} src {plan.RELAY.v6}"])

    def _prepare(self, namespace: Namespace) -> None:
        settings = ["net.ipv6.conf.all.forwarding=1", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.accept_dad=0",
                    "net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf.all.disable_ipv6=0",
                    "net.ipv6.conf.default.disable_ipv6=0", "net.ipv6.conf.lo.disable_ipv6=0",
                    # The kernel's own source check is off, so that what stops a spoofer here is Postern's.
                    "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0",
                    "net.ipv4.ip_nonlocal_bind=0", "net.ipv4.icmp_ratelimit=0"]
        namespace.run("sysctl", "-q", "-e", "-w", *settings, check=False)
        self._ip(namespace, ["link set lo up"])

    def _ip(self, namespace: Namespace, commands: list[str]) -> None:
        for family in ("-4", "-6"):
            batch = [c for c in commands if (":" in c) == (family == "-6")]
            if batch:
                run(["ip", "-n", namespace.name, family, "-batch", "-"], stdin="\n".join(batch) + "\n")

    def _wire(self, a: Namespace, a_name: str, a_addresses: list[plan.Pair], b: Namespace, b_name: str,
              b_addresses: list[plan.Pair], lengths: tuple[int, int]) -> None:
        run(["ip", "link", "add", a_name, "netns", a.name, "type", "veth", "peer", "name", b_name, "netns", b.name])
        for namespace, name, addresses in ((a, a_name, a_addresses), (b, b_name, b_addresses)):
            commands = [f"link set {name} up"]
            for address in addresses:
                commands.append(f"addr add {address.v4}/{lengths[0]} dev {name}")
                commands.append(f"addr add {address.v6}/{lengths[1]} dev {name} nodad")
            self._ip(namespace, commands)

    def _wire_line(self, line: plan.Line) -> None:
        home = self.line[line.name]
        self._wire(self.gate, line.interface, [line.gateway], home, "eth0", [line.address], (24, 64))
        self._ip(self.gate, [f"route add {line.delegated} via {line.address.v6}"])
        self._ip(home, [f"route add default via {line.gateway.v4}", f"route add default via {line.gateway.v6}"])

    def _internet(self) -> None:
        """core routes between the provider and three hosts; the dark prefixes lead to an interface nobody answers on."""
        hosts = [(self.mx, "mx0", 1, [plan.MX]), (self.mail, "mail0", 2, list(plan.OTHERS)),
                 (self.other, "other0", 3, [plan.PROVIDER])]
        for host, name, number, addresses in hosts:
            core_side = plan.Pair(f"192.0.2.{16 * number + 1}", f"2001:db8:fff{number}::1")
            host_side = plan.Pair(f"192.0.2.{16 * number + 2}", f"2001:db8:fff{number}::2")
            self._wire(self.core, name, [core_side], host, "eth0", [host_side], (28, 64))
            self._ip(host, [c for a in addresses for c in (f"addr add {a.v4}/32 dev lo", f"addr add {a.v6}/128 dev lo")])
            self._ip(host, [f"route add default via {core_side.v4} src {addresses[0].v4}",
                            f"route add default via {core_side.v6} src {addresses[0].v6}"])
            self._ip(self.core, [c for a in addresses
                                 for c in (f"route add {a.v4}/32 via {host_side.v4}",
                                           f"route add {a.v6}/128 via {host_side.v6}")])
        self._ip(self.core, ["link add dark0 type veth peer name dark1", "link set dark0 arp off up",
                             "link set dark1 up"])
        self._ip(self.core, [f"route add {prefix} dev dark0" for prefix in plan.DARK_PREFIXES])
        self._ip(self.core, [f"route add {prefix} via {gateway}" for prefix, gateway in
                             ((plan.SUBSCRIBER_PREFIXES[0], plan.UPLINK_GATE.v4),
                              (plan.SUBSCRIBER_PREFIXES[1], plan.UPLINK_GATE.v6),
                              ("203.0.113.0/24", plan.UPLINK_GATE.v4), ("2001:db8:5e::/48", plan.UPLINK_GATE.v6))])

    def remove(self) -> None:
        for namespace in self._made:
            remove_namespace(namespace.name)
        self._made.clear()


def remove_namespace(name: str) -> None:
    """Ends what still runs in a namespace of ours, then deletes it (its veths and routes go with it)."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        pids = [int(p) for p in run(["ip", "netns", "pids", name], check=False).stdout.split()]
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        if not pids:
            break
        time.sleep(0.2)
    run(["ip", "netns", "delete", name], check=False)


def leftovers() -> list[str]:
    """Namespaces of earlier runs that were ended by kill -9."""
    folder = Path("/run/netns")
    return sorted(p.name for p in folder.glob(f"{PREFIX}*")) if folder.is_dir() else []


def require_veth() -> None:
    """Says early, in one sentence, when the kernel cannot build the box."""
    name = f"{PREFIX}{secrets.token_hex(2)}-try"
    made = run(["ip", "netns", "add", name], check=False)
    if made.returncode != 0:
        raise Failure(f"network namespaces cannot be made here ({made.stderr.strip()})")
    try:
        wire = run(["ip", "-n", name, "link", "add", "t0", "type", "veth", "peer", "name", "t1"], check=False)
    finally:
        run(["ip", "netns", "delete", name], check=False)
    if wire.returncode != 0:
        raise Failure(f"virtual Ethernet pairs cannot be made here ({wire.stderr.strip()})")
