#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The customers' pages in a real browser, from the line itself, against the real posternd: the notice page, the portal, the
garden's page; narrow and wide, light and dark, in English and German. axe-core finds nothing, nothing scrolls sideways, the
page's own policy complains of nothing, and the buttons do what they say, with the keyboard. Pictures: ui/ of the build."""

from __future__ import annotations

import re
import sys
import unittest
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "lab"))

import browser  # noqa: E402
import lab  # noqa: E402

PROGRAMS = Path()
AXE = ROOT / "build" / "ui" / "node_modules" / "axe-core" / "axe.min.js"
WEB = "10.64.255.1:8080"
SITE = "http://notice.example"
SHOP = "http://shop.example/"
SETTINGS = f"""
[notice]
listen = ["{WEB}"]
[garden]
allow = ["10.64.255.1/32"]
[casework]
contact_promise = "1m"
plug = "on"
"""
WINDOWS = ((360, 740), (1280, 900))
LANGUAGES = ("en", "de")
LINE = "10.64.1.1"
CHECK = """axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',
 'best-practice']}).then(r => r.violations.map(v => v.id + ': ' + v.help + ' ' + v.nodes.map(n => n.target.join(' ')).join(', ')))"""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALL = """[...document.querySelectorAll('button,input:not([type=hidden]),nav a')].filter(e => e.getBoundingClientRect().height < 44)
.map(e => e.outerHTML)"""


class Pages(unittest.TestCase):
    lab: lab.Lab
    browser: browser.Browser

    @classmethod
    def setUpClass(cls) -> None:
        cls.pictures = PROGRAMS.parent / "ui"
        cls.pictures.mkdir(exist_ok=True)
        cls.axe = AXE.read_text()
        cls.lab = lab.Lab(PROGRAMS)
        cls.addClassCleanup(cls.lab.close)
        settings = cls.lab.directory / "postern.toml"
        text = settings.read_text().replace('contact = "abuse@isp.example"', 'contact = "abuse@isp.example"\nphone = "+49 30 0100"')
        settings.write_text(text + SETTINGS)
        cls.lab.start()
        cls.lab.import_subscribers(["cust-1"])
        assert cls.lab.radius(cls.lab.accounting(1, "s-1", "cust-1", LINE))
        # What the subscriber's side asks by itself comes from the line.
        lab.sh(*cls.lab.subscriber.argv("sh", "-c", f"ip addr add {LINE}/32 dev eth0; "
                                                    f"ip route replace 10.64.255.0/30 dev eth0 src {LINE}; "
                                                    f"ip route replace default via 10.64.255.1 src {LINE}"))
        cls.reference = cls.refused()  # before there are more connections than a line is greeted for
        mac = lab.sh("ip", "-o", "link", "show", "sub0").stdout.split("link/ether ")[1].split()[0]
        lab.sh(*cls.lab.subscriber.argv(sys.executable, "-B", str(lab.HERE / "peers/syn_flood.py"), "eth0", mac, "60", "20", "1", "60",
                                        "0"))
        assert lab.came_true(lambda: cls.case(), 60, 0.3), cls.lab.log_tail(10)
        cls.browser = browser.Browser(cls.lab.subscriber.argv(), {"notice.example": WEB, "shop.example": "198.51.100.80:80"}, lab.die_with_parent)
        cls.addClassCleanup(cls.browser.close)

    @classmethod
    def case(cls) -> dict[str, Any]:
        return next(iter((cls.lab.ask("case", "list") or {}).get("items", [])), {})

    @classmethod
    def refused(cls) -> str:
        """What a mail program on the line is greeted with, and the reference in it."""
        ask = "import socket; s = socket.create_connection(('198.18.9.25', 25), 10); print(s.recv(2000).decode())"
        greeting = lab.sh(*cls.lab.subscriber.argv(sys.executable, "-c", ask)).stdout
        found = re.search(r"/r/([0-9A-Z-]+)", greeting)
        assert found, greeting
        return found[1]

    def order(self, verb: str) -> None:
        done = self.lab.cli("case", verb, str(self.case()["id"]))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def look(self, name: str, path: str, every: bool = True) -> None:
        """Every window and language, and dark; or the narrow one in German and the wide one in English."""
        for (width, height), narrow in ((WINDOWS[0], True), (WINDOWS[1], False)):
            for language in LANGUAGES if every else LANGUAGES[narrow:][:1]:
                with self.subTest(page=name, width=width, language=language):
                    self.browser.look(width, height, f"{language}-AT,{language};q=0.9")
                    self.browser.go(SITE + path)
                    self.sound(language)
                    self.browser.picture(self.pictures / f"{name}-{width}-{language}.png")
        if not every:
            return
        with self.subTest(page=name, scheme="dark"):
            self.browser.look(*WINDOWS[1], "en", dark=True)
            self.browser.go(SITE + path)
            self.sound("en")
            self.browser.picture(self.pictures / f"{name}-dark.png")

    def sound(self, language: str) -> None:
        self.assertEqual(self.browser.run("document.documentElement.lang"), language)
        self.assertLessEqual(self.browser.run(SIDEWAYS), 0, "it scrolls sideways")
        self.assertEqual(self.browser.run(SMALL), [], "too small to touch")
        self.browser.run(self.axe + "\n;0")
        self.assertEqual(self.browser.run(CHECK), [])
        self.assertEqual([c for c in self.browser.complaints if "404" not in c], [])
        self.browser.complaints.clear()

    def text(self) -> str:
        return self.browser.run("document.body.innerText")

    def test_1_home_and_a_wrong_reference(self) -> None:
        self.look("home", "/")
        self.look("wrong", "/r?reference=K7QF2-9XWM3-AAAAA", every=False)

    def test_2_the_notice_page_is_read(self) -> None:
        path = f"/r/{self.reference}"
        self.look("notice", path)
        self.look("portal", "/garden", every=False)
        self.browser.look(*WINDOWS[0], "en")
        self.browser.go(SITE + path)
        self.browser.press("Deutsch")
        self.assertEqual(self.browser.run("document.documentElement.lang"), "de")
        self.browser.press("Ich habe dies gelesen")
        self.assertEqual(self.browser.run("document.documentElement.lang"), "de", "what was chosen stays")
        self.assertIn("Sie haben uns gesagt, dass Sie dies gelesen haben.", self.text())
        self.assertEqual(self.case()["customer"], "read")
        self.assertTrue(self.case()["confirmed_at"])

    def test_3_the_garden_and_the_way_out(self) -> None:
        self.order("restrict")
        self.look("restricted", "/garden", every=False)
        self.order("disconnect")
        self.assertTrue(lab.came_true(lambda: self.paused(), 20, 0.3), self.text())
        self.look("garden", "/garden")
        self.browser.go(SHOP)
        self.assertEqual(self.browser.run("location.href"), SITE + "/garden", "whatever page it asks for")
        self.browser.look(*WINDOWS[0], "de")
        self.browser.go(SITE + "/garden")
        self.browser.press("English")
        self.browser.press("It is fixed")
        self.assertIn("You told us that it is fixed.", self.text())
        self.assertEqual(self.case()["customer"], "says_clean")

    def paused(self) -> bool:
        self.browser.go(SITE + "/garden")
        return "Your Internet access is paused" in self.text()


if __name__ == "__main__":
    lab.enter()
    PROGRAMS = Path(sys.argv.pop(1))
    if absent := browser.missing():
        sys.exit(lab.skip(f"needs {absent} (./dev deps)"))
    if not AXE.exists():
        sys.exit(lab.skip("needs axe-core in build/ui (./dev deps gets it with npm)"))
    unittest.main()
