# SPDX-License-Identifier: Apache-2.0
"""Every name and address of the box, in one place. Documentation, CGN and benchmark ranges only."""

from __future__ import annotations

from dataclasses import dataclass

IPV4 = "ipv4"
IPV6 = "ipv6"
FAMILIES = (IPV4, IPV6)


@dataclass(frozen=True)
class Pair:
    """One host's address in both families."""

    v4: str
    v6: str

    def of(self, family: str) -> str:
        return self.v4 if family == IPV4 else self.v6

    def url_host(self, family: str) -> str:
        return self.v4 if family == IPV4 else f"[{self.v6}]"


@dataclass(frozen=True)
class Line:
    """A subscriber: one access line with a veth of its own, one IPv4 address and a delegated /56."""

    name: str
    number: int
    class_name: str
    story: str
    language: str = "en"

    @property
    def key(self) -> str:
        return f"cust-{1000 + self.number}"

    @property
    def interface(self) -> str:
        return f"sub{self.number}"

    @property
    def gateway(self) -> Pair:
        return Pair(f"100.64.{self.number}.1", f"2001:db8:100:{self.number:x}00::1")

    @property
    def address(self) -> Pair:
        return Pair(f"100.64.{self.number}.10", f"2001:db8:100:{self.number:x}00::10")

    @property
    def delegated(self) -> str:
        return f"2001:db8:100:{self.number:x}00::/56"

    @property
    def inside_hop(self) -> str:
        """Another IPv6 address of its own delegated prefix: still the same line."""
        return f"2001:db8:100:{self.number:x}42::77"

    @property
    def outside_hop(self) -> Pair:
        """Addresses of the provider that no session owns."""
        return Pair(f"100.64.{self.number}.77", f"2001:db8:100:{0x80 + self.number:x}00::77")


CLOSED = Line("closed", 1, "residential", "a household that runs its own Postfix on a closed line")
INFECTED = Line("infected", 2, "residential", "a spam zombie that talks to mail servers directly, over IPv4")
WORM = Line("worm", 3, "residential", "another zombie: IPv6, a new source address for each try, one dark address", "de")
NEIGHBOUR = Line("neighbour", 4, "residential", "an innocent household")
BUSINESS = Line("business", 5, "business", "a company with a permit for its own mail server")
FLOODER = Line("flooder", 6, "residential", "a closed line that sends SYNs to port 25 without pause")
LINES = (CLOSED, INFECTED, WORM, NEIGHBOUR, BUSINESS, FLOODER)

SUBSCRIBER_PREFIXES = ("100.64.0.0/16", "2001:db8:100::/40")

# The provider's own services.
SERVICES_GATEWAY = Pair("203.0.113.1", "2001:db8:5e::1")
RELAY = Pair("203.0.113.25", "2001:db8:5e::25")
NAS = Pair("203.0.113.30", "2001:db8:5e::30")
NOTICE = Pair("203.0.113.80", "2001:db8:5e:80::80")  # on the gate itself
RADIUS = Pair("203.0.113.81", "2001:db8:5e:80::81")
RELAY_NAME = "relay.isp.example"
NOTICE_NAME = "notice.isp.example"

# The uplink, and the internet behind it.
UPLINK_GATE = Pair("192.0.2.1", "2001:db8:ffff::1")
UPLINK_CORE = Pair("192.0.2.2", "2001:db8:ffff::2")
MX = Pair("198.51.100.25", "2001:db8:a000::25")  # a real Postfix with mailboxes
PROVIDER = Pair("198.18.200.87", "2001:db8:b000::587")  # another provider: 587, HTTP, UDP echo
OTHERS = tuple(Pair(f"198.18.{n}.25", f"2001:db8:a{n:03x}::25") for n in range(1, 13))  # mail servers of other people
DARK = Pair("198.19.66.6", "2001:db8:dead::6")  # routed, nobody there
DARK_PREFIXES = ("198.19.66.0/24", "2001:db8:dead::/48")

MX_DOMAIN = {IPV4: "v4.mx.example", IPV6: "v6.mx.example"}
FOREIGN_DOMAIN = "mail.other.example"
HOME_DOMAIN = "home.example"  # where the customers read their mail: mailboxes at the MX
HTTP_PORT = 80
ECHO_PORT = 7000
USER = "ann"
PASSWORD = "correct-horse"
SHOP = "www.shop.example"  # a web site at the other provider
COA_PORT = 3799
AUTHORISE_PORT = 8813

# Casework at the demo's pace: what takes days elsewhere takes seconds here.
DEADLINE_S = 8
RELEASE_S = 5
PLUG_S = 6
CLEAN_S = 12

# What the business line's permit allows, for its kernel limits and for the burst that must overrun them.
PERMIT_PER_MIN = 60
PERMIT_BURST = 6
