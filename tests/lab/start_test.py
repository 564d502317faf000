#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""posternd with something wrong: every fault named with its place, exit code as posternd(8) says, nothing started."""

import os
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

POSTERND = ""

GOOD = """\
[provider]
name = "Example ISP"
url = "http://notice.example"
contact = "abuse@isp.example"
relay_host = "mail.example"
relay = ["192.0.2.25/32"]

[network]
subscriber_prefixes = ["100.64.0.0/16"]
subscriber_interfaces = ["sub*"]
uplink_interfaces = ["up0"]

[radius_acct]
listen = ["127.0.0.1:{port}"]
[[radius_acct.client]]
address = "127.0.0.1"
secret_file = "{dir}/secret"

[notice]
listen = []

[api]
socket = "{dir}/api.sock"

[store]
directory = "{dir}/state"

[explainer]
listen4 = "127.0.0.1:{port}"
listen6 = "[::1]:{port}"

[gate]
pin_dir = "/sys/fs/bpf/pn-lab-start"

[daemon]
user = "nobody"
"""


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Start(unittest.TestCase):
    def setUp(self) -> None:
        self.dir = tempfile.TemporaryDirectory(prefix="pn-lab-start-")
        self.addCleanup(self.dir.cleanup)
        self.port = free_port()
        Path(self.dir.name, "secret").write_text("testing123\n")
        Path(self.dir.name, "secret").chmod(0o600)

    def settings(self, text: str) -> str:
        file = Path(self.dir.name, "postern.toml")
        file.write_text(text)
        return str(file)

    def good(self) -> str:
        return GOOD.replace("{dir}", self.dir.name).replace("{port}", str(self.port))

    def run_it(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([POSTERND, *arguments], capture_output=True, text=True, timeout=20)

    def test_every_fault_of_the_settings_at_once(self) -> None:
        text = self.good().replace('name = "Example ISP"', 'nmae = "Example ISP"')
        text = text.replace('subscriber_prefixes = ["100.64.0.0/16"]', 'subscriber_prefixes = ["100.64.0.1/16"]')
        text += '\n[class.gold]\nverdict = "opne"\n'
        file = self.settings(text)
        for arguments in (("--config", file), ("--check", "--config", file)):
            done = self.run_it(*arguments)
            self.assertEqual(done.returncode, 78, done.stderr)
            for wanted in (f"{file}:2:", "name", "100.64.0.0/16", "opne", "open"):
                self.assertIn(wanted, done.stderr)
            self.assertIn("nothing was started", done.stderr)
        self.assertFalse(Path(self.dir.name, "state").exists())
        self.assertFalse(Path(self.dir.name, "api.sock").exists())

    def test_good_settings_are_good(self) -> None:
        done = self.run_it("--check", "--config", self.settings(self.good()))
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_file_that_is_not_there(self) -> None:
        done = self.run_it("--config", self.dir.name + "/none.toml")
        self.assertEqual(done.returncode, 78)
        self.assertIn("none.toml", done.stderr)

    def test_surroundings_are_faults_too_and_all_are_told(self) -> None:
        if os.geteuid() != 0:
            self.skipTest("SKIP: needs root")
        Path(self.dir.name, "secret").unlink()
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", self.port))
            taken.listen()
            done = self.run_it("--config", self.settings(self.good()))
        self.assertEqual(done.returncode, 78, done.stderr)
        self.assertIn("/secret", done.stderr)
        self.assertIn("explainer4", done.stderr)

    def test_without_rights_it_says_which(self) -> None:
        if os.geteuid() != 0:
            self.skipTest("SKIP: needs root to take rights away")
        os.chmod(self.dir.name, 0o755)
        done = subprocess.run(
            ["setpriv", "--reuid=65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all", POSTERND,
             "--config", self.settings(self.good())], capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 77, done.stderr)
        for name in ("CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN"):
            self.assertIn(name, done.stderr)

    def test_guard_only_loads_the_guard_and_nothing_else(self) -> None:
        self.assertEqual(self.run_it("--guard-only", "--config", self.settings("[gate]\nguard = 7\n")).returncode, 78)
        if os.geteuid() != 0:
            self.skipTest("SKIP: needs root for a network namespace")
        good = self.good()
        on, off = (f"{POSTERND} --guard-only --config {self.dir.name}/{name}" for name in ("on", "off"))
        Path(self.dir.name, "on").write_text(good)
        Path(self.dir.name, "off").write_text(good.replace("[gate]", "[gate]\nguard = false"))
        table = "/usr/sbin/nft list table inet postern_guard"
        done = subprocess.run(["unshare", "--net", "sh", "-ec", f"{off}; ! {table}; {on}; {on}; {table}; {off}; ! {table}"],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for wanted in ('iifname "up0" accept', "192.0.2.25", 'iifname "sub*" tcp dport 25'):
            self.assertIn(wanted, done.stdout)
        self.assertEqual(done.stdout.count("tcp dport 25 counter packets 0 bytes 0 drop"), 2, done.stdout)
        self.assertFalse(Path(self.dir.name, "state").exists())

    def test_usage(self) -> None:
        self.assertEqual(self.run_it("--nonsense").returncode, 64)
        self.assertEqual(self.run_it("--help").returncode, 0)


if __name__ == "__main__":
    POSTERND = os.path.join(sys.argv.pop(1), "posternd")
    unittest.main()
