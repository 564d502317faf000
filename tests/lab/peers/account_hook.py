# SPDX-License-Identifier: Apache-2.0
"""examples/relay/hook/account-hook as it ships, with account-hook.toml as it ships but for what `here` puts in place of it."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

from lab import came_true, die_with_parent

SHIPPED = Path(__file__).resolve().parents[3] / "examples" / "relay" / "hook"
KEY = b"0123456789abcdef0123456789abcdef"
PORT = 10480


class AccountHook:
    """`here`: words of the shipped file -> words of the test. Whom it would tell: `told()`."""

    def __init__(self, home: Path, here: dict[str, str]) -> None:
        self._told, self._log = home / "hook.told", home / "hook.log"
        secret = home / "hook.secret"
        secret.write_text("whsec_" + base64.b64encode(KEY).decode() + "\n")
        secret.chmod(0o600)
        self.settings = (f'\n[webhook]\nurl = "http://127.0.0.1:{PORT}"\naddress = ["127.0.0.1:{PORT}"]\n'
                         f'secret_file = "{secret}"\n')
        text = (SHIPPED / "account-hook.toml").read_text()
        tell = ["sh", "-ec", f'tee -a {self._told} | "$0" "$@"', str(SHIPPED / "tell-owner"), "noc@isp.example"]
        for words, mine in {"/etc/postern/webhook.secret": str(secret), "/var/lib/postern-hook": str(home / "hook.state"),
                            '# tell = ["/usr/local/sbin/tell-owner", "abuse@isp.example"]': f"tell = {json.dumps(tell)}",
                            **here}.items():
            assert words in text, words
            text = text.replace(words, mine)
        config = home / "account-hook.toml"
        config.write_text(text)
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen([str(SHIPPED / "account-hook"), str(config)], stdout=log, stderr=log,
                                             preexec_fn=die_with_parent)
        if not came_true(lambda: "listens" in self.log(), 30):
            raise RuntimeError("no hook:\n" + self.log())

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def told(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._told.read_text().splitlines()] if self._told.exists() else []

    def events(self, account: str) -> list[str]:
        return [t["type"] for t in self.told() if t["account"] == account]

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(30)
