# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, spoken to by the DevTools protocol over two pipes: no driver and no library between. What the page
itself complains of (its Content-Security-Policy, missing parts) is kept in `complaints`."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

PROGRAM = "chromium"
TIMEOUT = 60.0  # of any one answer: a loaded machine is slow, a page that never answers is broken


def missing() -> str:
    return "" if shutil.which(PROGRAM) else PROGRAM


class Browser:
    """`inside`: the words before the program, such as nsenter's; `hosts`: name to address:port."""

    def __init__(self, inside: list[str], hosts: dict[str, str], preexec: Any = None) -> None:
        self._home = tempfile.mkdtemp(prefix="pn-ui-")
        to_browser, self._to = os.pipe()
        self._from, from_browser = os.pipe()
        rules = ",".join(f"MAP {name} {address}" for name, address in hosts.items())
        program = [PROGRAM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                   "--disable-extensions", "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
                   "--remote-debugging-pipe", f"--user-data-dir={self._home}", f"--host-resolver-rules={rules}", "about:blank"]
        # The protocol is on descriptors 3 and 4.
        self._process = subprocess.Popen(
            [*inside, "bash", "-c", f'exec "$@" 3<&{to_browser} 4>&{from_browser}', "browser", *program],
            pass_fds=(to_browser, from_browser), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=os.environ | {"HOME": self._home}, preexec_fn=preexec)
        os.close(to_browser)
        os.close(from_browser)
        self._buffer = b""
        self._number = 0
        self._events: list[dict[str, Any]] = []
        self._session = ""
        self.complaints: list[str] = []
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._ask(f"{domain}.enable")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._to)
        os.close(self._from)
        for _ in range(50):  # its helpers end a moment later
            shutil.rmtree(self._home, ignore_errors=True)
            if not Path(self._home).exists():
                return
            time.sleep(0.1)

    def _read(self, until: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self._from], [], [], left)[0]:
                raise TimeoutError("the browser does not answer")
            part = os.read(self._from, 1 << 20)
            if not part:
                raise RuntimeError("the browser ended")
            self._buffer += part
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)

    def _take(self, message: dict[str, Any]) -> None:
        if message.get("method") == "Log.entryAdded":
            entry = message["params"]["entry"]
            self.complaints.append(f"{entry['level']}: {entry['text']} {entry.get('url', '')}")
        self._events.append(message)

    def _ask(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        question = {"id": self._number, "method": method, "params": params}
        if self._session:
            question["sessionId"] = self._session
        words = memoryview(json.dumps(question).encode() + b"\0")
        while words:
            words = words[os.write(self._to, words):]
        until = time.monotonic() + TIMEOUT
        while True:
            message = self._read(until)
            if message.get("id") != self._number:
                self._take(message)
            elif "error" in message:
                raise RuntimeError(f"{method}: {message['error']}")
            else:
                return message["result"]

    def _loaded(self) -> None:
        until = time.monotonic() + TIMEOUT
        while not any(e.get("method") == "Page.loadEventFired" for e in self._events):
            self._take(self._read(until))

    def look(self, width: int, height: int, language: str, dark: bool = False) -> None:
        """The window from now on, and what the browser says of its reader."""
        self._ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self._ask("Network.setExtraHTTPHeaders", headers={"Accept-Language": language})
        scheme = "dark" if dark else "light"
        self._ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def go(self, url: str) -> None:
        self._events.clear()
        answer = self._ask("Page.navigate", url=url)
        if "errorText" in answer:
            raise RuntimeError(f"{url}: {answer['errorText']}")
        self._loaded()

    def run(self, script: str) -> Any:
        answer = self._ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{script[:80]}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def press(self, text: str) -> None:
        """The link or button that says so, with the keyboard; returns when the next page is there."""
        found = self.run("(() => { const all = [...document.querySelectorAll('a,button')].filter(e => e.innerText.trim() === "
                         f"{json.dumps(text)}); if (all.length === 1) all[0].focus(); return all.length; }})()")
        if found != 1:
            raise RuntimeError(f"{found} links or buttons say {text!r}")
        self._events.clear()
        for kind in ("keyDown", "keyUp"):
            self._ask("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r")
        self._loaded()

    def picture(self, file: Path) -> None:
        whole = self._ask("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": whole["width"], "height": whole["height"], "scale": 1}
        data = self._ask("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)["data"]
        file.write_bytes(base64.b64decode(data))
