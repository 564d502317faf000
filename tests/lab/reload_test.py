#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""SIGHUP, walked along the reference: keys marked "reload" are taken over by every role, a key marked "restart" is
refused with a sentence that names it, and everything that was in force stays."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sys
import tomllib
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lab

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "reference" / "postern.schema.json"
PROGRAMS = Path()

# A new value for every key of the reference; one that is missing here fails the walk.
RELOAD: dict[str, Any] = {
    "provider.name": "Other ISP", "provider.url": "http://other.example", "provider.contact": "noc@isp.example",
    "provider.phone": "+1 555 0199", "provider.relay_host": "relay2.isp.example",
    "provider.relay": ["203.0.113.25/32", "203.0.113.26/32"],
    "network.subscriber_prefixes": ["10.64.0.0/15", "2001:db8:100::/40"],
    "network.subscriber_interfaces": ["sub1"], "network.uplink_interfaces": ["up0", "up1"],
    "network.dark": ["198.51.100.128/25"], "network.default_class": "business",
    "class.business.connections_per_min": 30,
    "class.business.connections_burst": 40, "class.business.networks_per_hour": 60, "class.business.networks_burst": 70,
    "class.business.destination_memory": "48h", "class.business.new_network_every": "20m",
    "class.business.verdict": "limited",
    "gate.source_validation": False, "gate.guard": False, "gate.drop_fragments": True,
    "explainer.banners_per_min": 55, "explainer.connections_max": 5000, "explainer.idle_timeout": "40s",
    "radius_acct.interim_interval": "7m", "radius_acct.client.address": "127.0.0.0/24",
    "radius_acct.client.secret_file": "{dir}/secret2",
    "class.business.contact_promise": "2h", "class.business.escalate_every": "6h", "class.business.deadline": "48h",
    "class.business.block_deadline": "12h", "class.business.restrict": "off",
    "casework.contact_promise": "3h", "casework.escalate_every": "7h", "casework.deadline": "49h",
    "casework.block_deadline": "13h", "casework.stopped_after": "25h", "casework.release_after": "2h",
    "casework.clean_after": "9d", "casework.question_after": "15d", "casework.relapse_within": "31d",
    "casework.self_releases": 3, "casework.restrict": "on",
    "governor.restrictions_per_hour": 11, "governor.restrictions_per_hour_per_nas": 6, "governor.restricted_max": 201,
    "governor.two_persons_above": 51, "governor.disconnected_max": 52, "governor.protected_lines": ["hospital-1"],
    "casework.restriction": "garden", "casework.plug": "off", "casework.plug_after": "4d",
    "casework.plug_needs_person": False,
    "mail.relay": ["127.0.0.1:2599"], "mail.from": "notices@isp.example", "mail.bounces": "bounces@isp.example",
    "mail.require_tls": True, "mail.ca_file": "{dir}/ca.pem", "mail.retry_for": "1h", "mail.sign_in_days": 8,
    "mail.password_file": "{dir}/hook", "mail.user": "postern",
    "webhook.secret_file": "{dir}/hook", "webhook.ca_file": "{dir}/ca.pem", "webhook.retry_for": "1h",
    "webhook.address": ["127.0.0.1:2600"], "webhook.url": "http://gateway.isp.example/notices",
    "notice.proxies": ["127.0.0.1"],
    "garden.url": "http://help.isp.example/garden", "garden.asks_per_min": 601, "garden.connections_max": 2049,
    "garden.allow": ["203.0.113.0/28"], "garden.shipped_names": False, "garden.allow_names": ["update.example.com"],
    "garden.emergency": ["192.0.2.112"], "garden.resolvers": ["203.0.113.53"], "garden.keep": "2d",
    "garden.addresses_max": 4097,
    "class.business.relay_messages_per_hour": 201, "class.business.relay_messages_per_day": 1001,
    "class.business.relay_recipients_per_hour": 401, "class.business.relay_recipients_per_day": 2001,
    "class.business.relay_megabytes_per_hour": 501, "class.business.relay_megabytes_per_day": 2001,
    "class.business.relay_domains_per_hour": 101, "class.business.relay_domains_per_day": 301,
    "class.business.relay_invalid_percent": 31, "class.business.relay_recipients_per_message": 101,
    "class.business.relay_class_recipients_per_hour": 4001, "class.business.relay_class_recipients_per_day": 20001,
    "class.business.names": ["en: Office line"], "class.business.relay_limit_opens_case": True,
    "autoconfig.domains": ["isp.example"], "autoconfig.imap_host": "imap.isp.example",
    "autoconfig.pop_host": "pop.isp.example", "autoconfig.sign_in": "local_part",
    "relay.clients": ["192.0.2.25"], "relay.trusted": ["192.0.2.20"], "relay.account_class": "business",
    "relay.auth_on_25": "refuse", "relay.restricted_percent": 11, "relay.connections_max": 2001,
    "relay.meters_max": 131073, "relay.messages_max": 16385, "relay.warn_percent": 81,
    "relay.honey_accounts": ["honey@isp.example"], "relay.hold_mode": "on", "relay.lock_mode": "off",
    "relay.accounts_per_hour": 21, "relay.origins": "{dir}/origins.csv",
    "radius_coa.retransmit_after": "3s", "radius_coa.attempts": 3, "radius_coa.in_flight_max": 32,
    "radius_coa.nas.name": "bng2", "radius_coa.nas.address": "127.0.0.1:3800", "radius_coa.nas.source": "127.0.0.1",
    "radius_coa.nas.secret_file": "{dir}/secret2", "radius_coa.nas.identify": ["acct_session_id"],
    "radius_coa.nas.methods": ["disconnect"], "radius_coa.nas.garden": ["Filter-Id = g"],
    "radius_coa.nas.normal": ["Filter-Id = n"],
    "radius_auth.allow": ["127.0.0.0/8"], "radius_auth.garden": ["Filter-Id = g"],
    "casework.case_score": 9.5, "casework.false_cases_a_day": 2.5, "detect.novelty.mode": "shadow",
    "flow_export.exporters": ["192.0.2.7/32"], "flow_export.sampling": 100, "flow_export.hold": "80s",
    "flow_export.contacts_per_s": 2001, "flow_export.by_origin": True,
    "who.clock_skew": "3s", "who.nat.outside": "192.0.2.0/27", "who.nat.inside": "100.64.0.0/23",
    "who.nat.skip_ends": True, "who.nat.first_port": 2048, "who.nat.ports": 1000,
    "who.map.outside": "192.0.3.0/25", "who.map.inside": "2001:db8:f0::/44", "who.map.ea_bits": 15,
    "who.map.psid_offset": 5,
    "c2.list": "{dir}/c2.txt",
    "decoy.beat": "50s", "decoy.honey": ["anna@isp.example"], "decoy.connections_max": 257, "decoy.hits_per_s": 51,
    "dnstap.senders": ["192.0.2.53"], "dnstap.lookups_per_s": 2001,
    "feedback.address": "fbl@isp.example", "feedback.reporters": ["fbl.example"], "feedback.authserv_id": "mx.isp.example",
    "feedback.received_by": ["mx1.isp.example"], "feedback.traps": ["old@isp.example"],
    "reputation.resolvers": ["127.0.0.2"], "reputation.watch": ["10.64.0.0/24"], "reputation.queries_per_s": 3,
    "reputation.every": "7h", "reputation.refused_percent": 31, "reputation.queue_age": "5h",
    "reputation.list.zone": "list2.example", "reputation.list.no_trouble": ["127.0.0.10/32"],
    "who.nat_logged": ["192.0.2.64/28"], "who.nat_blocks_max": 131072,
    "who.nat_log_senders": ["127.0.0.1/32"],
    "dhcp.identify": ["circuit", "hw"], "dhcp.server.name": "kea2", "dhcp.server.leases4": "/nowhere/leases4.csv",
    "dhcp.server.leases6": "/nowhere/leases6.csv", "governor.advices_per_hour": 101,
}
RESTART: dict[str, Any] = {
    "gate.pin_dir": "/sys/fs/bpf/pn-lab2", "gate.lines_max": 8192, "gate.fwmark": 0x2626, "gate.pass_mark": 0x20000000,
    "gate.route_table": 2626, "explainer.listen4": "127.0.0.1:2626", "explainer.listen6": "[::1]:2626",
    "radius_acct.listen": ["127.0.0.1:1814"], "radius_auth.listen": ["127.0.0.1:8814"],
    "notice.listen": ["127.0.0.1:8080"], "api.socket": "{dir}/other.sock",
    "api.group": "daemon", "api.metrics": ["127.0.0.1:9426"], "mail.intake": ["127.0.0.1:2424"],
    "relay.listen_unix": "{dir}/policy.sock", "relay.group": "daemon", "relay.listen": ["127.0.0.1:10040"],
    "relay.mail_log": ["127.0.0.1:10514"], "relay.milter_unix": "{dir}/milter.sock", "relay.milter": ["127.0.0.1:10041"],
    "garden.listen4": "127.0.0.1:2581", "garden.listen6": "[::1]:2581", "store.directory": "{dir}", "daemon.user": "daemon",
    "flow_export.listen": ["127.0.0.1:2055"], "who.nat_log": ["127.0.0.1:5514"],
    "dnstap.listen_unix": "{dir}/dnstap.sock", "dnstap.group": "daemon", "dnstap.listen": ["127.0.0.1:6000"],
    "mirror.interfaces": ["lo"], "mirror.ring": 4,
    "decoy.probe_netns": "/run/netns/other", "decoy.probe_from": ["127.0.0.8"], "decoy.host.address": "127.0.0.78",
    "decoy.host.kind": "open_relay", "decoy.host.ports": [2527],
}
# These are parts of the policy: the engine makes a revision of them.
POLICY = ("network.subscriber_prefixes", "network.dark", "network.default_class", "provider.relay", "class.",
          "radius_acct.interim_interval", "who.clock_skew", "detect.", "casework.", "governor.")
# The edge's limits, and what pages call a class: no part of the policy.
EDGE_ONLY = ("class.business.relay_messages", "class.business.relay_recipients", "class.business.relay_megabytes",
             "class.business.relay_domains", "class.business.relay_invalid", "class.business.relay_class", "class.business.names")


def reference() -> dict[str, str]:
    """Each key with its mark; the names of classes and detectors as the tables above have them."""
    out: dict[str, str] = {}

    def walk(name: str, node: dict[str, Any]) -> None:
        if "x-change" in node:
            out[name] = node["x-change"]
        elif node.get("type") == "array":
            walk(name, node["items"])
        elif "properties" in node:
            for inner, value in node["properties"].items():
                walk(f"{name}.{inner}".lstrip("."), value)
        else:
            walk(f"{name}.{ {'class': 'business', 'detect': 'novelty'}[name] }", node["additionalProperties"])

    walk("", json.loads(SCHEMA.read_text()))
    return out


def in_policy(key: str) -> bool:
    return not key.startswith(EDGE_ONLY) and (key in POLICY or key.startswith(tuple(p for p in POLICY if p.endswith("."))))


def together() -> list[list[str]]:
    """Keys of the policy one by one, because each has to make a revision; others of a section at once."""
    out: list[list[str]] = []
    for key in RELOAD:
        if in_policy(key) or not out or in_policy(out[-1][0]) or section(out[-1][0]) != section(key):
            out.append([])
        out[-1].append(key)
    return out


def section(key: str) -> str:
    return key.split(".")[0]


def toml(settings: dict[str, Any]) -> str:
    out = []
    for name, section in settings.items():
        for key, value in section.items():
            if isinstance(value, dict):
                out.append(f"[{name}.{key}]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in value.items()))
            elif isinstance(value, list) and value and isinstance(value[0], dict):
                out += [f"[[{name}.{key}]]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in one.items()) for one in value]
        plain = {k: v for k, v in section.items() if not isinstance(v, dict) and not (
            isinstance(v, list) and v and isinstance(v[0], dict))}
        at = next((i for i, text in enumerate(out) if text.startswith((f"[{name}.", f"[[{name}."))), len(out))
        out.insert(at, f"[{name}]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in plain.items()))
    return "\n".join(out)


def digest(text: str) -> str:
    """As daemon/bus/kit.h has it."""
    h = 0xCBF29CE484222325
    for byte in text.encode():
        h = (h ^ byte) * 0x100000001B3 % 2**64
    return f"{h:016x}"


class Reload(unittest.TestCase):
    lab: lab.Lab

    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = lab.Lab(PROGRAMS)
        cls.addClassCleanup(cls.lab.close)
        lab.sh("ip", "link", "add", "sub1", "type", "veth", "peer", "name", "wire1")
        lab.sh("ip", "link", "set", "sub1", "up")
        (cls.lab.directory / "secret2").write_bytes(lab.SECRET + b"\n")
        (cls.lab.directory / "secret2").chmod(0o600)
        (cls.lab.directory / "hook").write_text("whsec_c2VjcmV0\n")
        (cls.lab.directory / "hook").chmod(0o600)
        (cls.lab.directory / "c2.txt").write_text("192.0.2.66:443\n")
        (cls.lab.directory / "origins.csv").write_text("192.0.2.0/24,64500,DE,51.0,10.0\n")
        (cls.lab.directory / "ca.pem").write_text("nobody connects in this test\n")
        cls.file = cls.lab.directory / "postern.toml"
        cls.settings = tomllib.loads(cls.file.read_text())
        cls.settings["class"] = {"business": {"verdict": "explain"}}
        cls.settings["radius_coa"] = {"nas": [{"name": "bng1", "address": "127.0.0.1:3799",
                                               "secret_file": f"{cls.lab.directory}/secret"}]}
        cls.settings["radius_auth"] = {"listen": ["127.0.0.1:8813"], "allow": ["127.0.0.1/32"]}
        # What a listener of theirs asks for.
        cls.settings["mail"] = {"bounces": "returned@isp.example", "intake": ["127.0.0.1:2425"]}
        cls.settings["reputation"] = {"resolvers": ["127.0.0.1"], "list": [{"zone": "list.example"}]}
        cls.settings["who"] = {"nat": [{"outside": "192.0.2.0/28", "inside": "100.64.0.0/24", "ports": 1008}],
                               "map": [{"outside": "192.0.3.0/24", "inside": "2001:db8:f0::/48", "ea_bits": 14}],
                               "nat_logged": ["192.0.2.128/28"], "nat_log": ["127.0.0.1:5515"], "nat_log_senders": ["192.0.2.1/32"]}
        cls.settings["decoy"] = {"probe_netns": "/proc/self/ns/net", "probe_from": ["127.0.0.9"],
                                 "host": [{"address": "127.0.0.77", "kind": "smtp", "ports": [2526]}]}
        cls.settings["flow_export"] = {"exporters": ["192.0.2.1/32"], "listen": ["127.0.0.1:2056"]}
        cls.settings["dhcp"] = {"server": [{"name": "kea", "leases6": "/nowhere/6.csv"}]}
        cls.file.write_text(toml(cls.settings))
        cls.lab.start()

    def put(self, key: str, value: Any) -> str:
        """The file with this key changed; `self.settings` keeps the change."""
        if isinstance(value, str):
            value = value.replace("{dir}", str(self.lab.directory))
        at: Any = self.settings
        *path, last = key.split(".")
        for part in path:
            at = at.setdefault(part, {})
            if isinstance(at, list):
                at = at[0]
        at[last] = value
        return toml(self.settings)

    def reloads(self) -> tuple[int, int]:
        supervisor = (self.lab.ask("status") or {}).get("engine", {}).get("supervisor", {})
        return supervisor.get("reloads_total", -1), supervisor.get("reloads_refused_total", -1)

    def hang_up(self, text: str) -> str:
        """What became of it: "taken" or the fault it was refused for. Not read off the log: that folds repeats."""
        self.assertTrue(lab.came_true(lambda: min(self.reloads()) >= 0, 20), self.lab.log_tail(12))
        taken, refused = self.reloads()
        self.file.write_text(text)
        os.kill(self.lab._process.pid, signal.SIGHUP)
        self.assertTrue(lab.came_true(lambda: self.reloads() in ((taken + 1, refused), (taken, refused + 1)), 40),
                        self.lab.log_tail(12))
        return "taken" if self.reloads()[0] > taken else self.faults()

    def digests(self) -> dict[str, str]:
        engine = (self.lab.ask("status") or {}).get("engine", {})
        out = {name: role.get("settings", "?") for name, role in engine.get("roles", {}).items()}
        return out | {"supervisor": engine.get("supervisor", {}).get("settings", "?")}

    def everywhere(self, text: str) -> bool:
        found = self.digests()
        return len(found) == 6 and set(found.values()) == {digest(text)}

    def faults(self) -> str:
        return " ".join((self.lab.ask("status") or {}).get("engine", {}).get("faults", []))

    def banner(self) -> str:
        with socket.create_connection(("127.0.0.1", 2525), timeout=5) as s:
            return s.recv(4096).decode()

    # What is seen from outside once the key is taken over.
    def effects(self) -> dict[str, Callable[[], bool]]:
        def interfaces() -> list[str]:
            return [i["name"] for i in (self.lab.ask("gate", "status") or {}).get("interfaces", [])]

        def filters(name: str) -> bool:
            return "bpf" in lab.sh("tc", "filter", "show", "dev", name, "ingress").stdout

        return {
            "provider.name": lambda: "Other ISP" in self.banner(),
            "provider.url": lambda: "http://other.example/r/" in self.banner(),
            "network.subscriber_interfaces":
                lambda: interfaces() == ["sub1"] and filters("sub1") and not filters("sub0"),
            "gate.guard": lambda: "postern" not in lab.sh("nft", "list", "tables").stdout,
            "class.business.verdict": lambda: "business" in (self.lab.ask("status") or {}).get("classes", []),
            "radius_acct.client.address":
                lambda: self.lab.radius(self.lab.accounting(1, "s-address", "cust-1", "10.64.0.9")),
            "radius_acct.client.secret_file":
                lambda: self.lab.radius(self.lab.accounting(1, "s-secret", "cust-2", "10.64.0.10")),
        }

    def test_1_the_tables_here_are_the_reference(self) -> None:
        marks = reference()
        self.assertEqual({k for k, mark in marks.items() if mark == "reload"}, set(RELOAD))
        self.assertEqual({k for k, mark in marks.items() if mark == "restart"}, set(RESTART))

    def test_2_restart_keys_are_refused_and_all_stays(self) -> None:
        good = self.file.read_text()
        self.assertTrue(lab.came_true(lambda: self.everywhere(good), 20), self.digests())
        pids = self.lab.role_pids()
        # Those of a section at once: every fault is named, so each key answers for itself.
        for name in dict.fromkeys(map(section, RESTART)):
            with self.subTest(section=name):
                settings = json.loads(json.dumps(self.settings))
                keys = [key for key in RESTART if section(key) == name]
                try:
                    # One more change that alone would do: it must not get through either.
                    self.settings["provider"]["name"] = "Half ISP"
                    said = self.hang_up([self.put(key, RESTART[key]) for key in keys][-1])
                finally:
                    type(self).settings = settings
                self.assertIn("the last reload was refused", said)
                for key in keys:
                    self.assertIn(f"{key} is ", re.sub(r"\[\d+\]", "", said))  # of several tables, which one
                self.assertEqual(said.count("restart posternd"), len(keys), said)
                self.assertTrue(self.everywhere(good), self.digests())
        self.assertEqual(self.lab.role_pids(), pids)
        self.assertIn("Lab ISP", self.banner())

    def test_3_bad_settings_are_refused(self) -> None:
        said = self.hang_up(toml(self.settings) + "\n[nonsense]\nx = 1\n")
        self.assertIn("the last reload was refused", said)
        self.assertIn("nonsense", said)
        (self.lab.directory / "none").unlink(missing_ok=True)
        settings = json.loads(json.dumps(self.settings))
        said = self.hang_up(self.put("radius_acct.client.secret_file", "{dir}/none"))
        type(self).settings = settings
        self.assertIn("the last reload was refused", said)
        self.assertIn("/none", said)

    def test_4_reload_keys_are_taken_over(self) -> None:
        def revision() -> int:
            return (self.lab.ask("status") or {}).get("policy_revision", 0)

        effects = self.effects()
        groups = together()
        for keys, following in zip(groups, groups[1:] + [[""]]):
            with self.subTest(keys=keys):
                before = revision()
                text = [self.put(key, RELOAD[key]) for key in keys][-1]
                self.assertEqual(self.hang_up(text), "taken")
                if in_policy(keys[0]):
                    self.assertTrue(lab.came_true(lambda before=before: revision() > before, 30), keys)
                # Roles tell their settings once a second: asked at the end of each section.
                if section(keys[0]) != section(following[0]):
                    self.assertTrue(lab.came_true(lambda text=text: self.everywhere(text), 30),
                                    f"{keys}: {self.digests()}")
                for key in keys:
                    if key in effects:
                        self.assertTrue(lab.came_true(effects[key], 20), f"{key} has no effect\n{self.lab.log_tail(12)}")
        self.assertNotIn("the last reload was refused", self.faults())


if __name__ == "__main__":
    lab.enter()
    PROGRAMS = Path(sys.argv.pop(1))
    unittest.main()
