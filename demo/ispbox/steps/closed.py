# SPDX-License-Identifier: Apache-2.0
"""(a) A closed line's client reads at once why it is refused; the real mail server sees nothing; the page explains."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urljoin

from .. import plan
from ..observe import from_line, greeting_delays
from ..peers.postfix import now_token
from ..settings import contact_of
from ..shell import Namespace
from .context import Context

URL = re.compile(r"https?://[^\s/]+/r/([0-9A-Za-z-]+)")


def run(c: Context) -> None:
    c.report.heading("(a) a closed line is refused at once and told why")
    tokens = _send_by_postfix(c)
    for family in plan.FAMILIES:
        _swaks(c, family)
    for family in plan.FAMILIES:
        _real_postfix(c, family, tokens[family])
    for family in plan.FAMILIES:
        _in_time(c, family)
    for family in plan.FAMILIES:
        _nothing_outside(c, family)
    if c.postern is not None:
        for family in plan.FAMILIES:
            _page(c, family)


def _swaks(c: Context, family: str) -> None:
    done = c.line(plan.CLOSED).run("swaks", "--server", plan.MX.of(family), "--port", "25", "--helo", "home.example",
                                   "--from", "me@home.example", "--to", f"{plan.USER}@{plan.MX_DOMAIN[family]}",
                                   "--timeout", "5", check=False)
    lines = re.findall(r"^<\S*\s+(554[ -].*)$", done.stdout, re.M)
    greeting = " ".join(lines)
    found = URL.search(greeting)
    if found:
        c.urls[family], c.references[family] = found.group(0), found.group(1)
    ok = greeting.startswith("554") and "5.7.1" in greeting and bool(found)
    detail = f"{len(lines)} lines, the last: {lines[-1]!r}" if lines else f"no 554; swaks ended with {done.returncode}"
    c.report.check("a.greeting", family, ok, "swaks on the closed line", detail, needs_gate=True)


def _send_by_postfix(c: Context) -> dict[str, str]:
    tokens = {}
    for family in plan.FAMILIES:
        tokens[family] = f"household-{now_token()}"
        c.line(plan.CLOSED).actor("inject.py", "me@home.example", f"{plan.USER}@{plan.MX_DOMAIN[family]}",
                                  tokens[family], "0", "1")
    return tokens


def _real_postfix(c: Context, family: str, token: str) -> None:
    host = re.escape(plan.MX.of(family))
    line = c.box.household.wait_log(rf"host {host}\[.*refused to talk to me: 554[ -]5\.7\.1", 4)
    arrived = c.box.mx.mailbox_count(plan.MX_DOMAIN[family], plan.USER, token)
    said = line.split("refused to talk to me: ")[-1][-130:] if line else "its log has no 554"
    c.report.check("a.postfix", family, bool(URL.search(line)) and not arrived, "Postfix log on the closed line, mailbox at the MX",
                   f"{said!r}, {arrived} messages arrived", needs_gate=True)


def _in_time(c: Context, family: str) -> None:
    """swaks and Postfix alike: every connection to the mail server was greeted, and how long after its SYN."""
    syns = "tcp[13] & 0x12 == 2" if family == plan.IPV4 else "ip6[53] & 0x12 == 2"
    to_mx = f"host {plan.MX.of(family)} and host {plan.CLOSED.address.of(family)} and tcp port 25"
    tried = {line.split(" > ")[0] for line in c.box.at_home.lines(f"{to_mx} and dst port 25 and {syns}")}
    ports = {entry.rsplit(".", 1)[-1] for entry in tried}
    delays = greeting_delays(c.box.at_home.lines(to_mx))
    ok = len(ports) >= 2 and len(delays) >= len(ports) and max(delays, default=9) < 1
    c.report.check("a.in-time", family, ok, "capture on the closed line",
                   f"{len(delays)} of {len(ports)} connections were greeted, the slowest "
                   f"{1000 * max(delays, default=0):.1f} ms after its SYN")


def _nothing_outside(c: Context, family: str) -> None:
    seen = c.box.outside.count(from_line(plan.CLOSED, family))
    at_mx = c.box.at_mx.count(from_line(plan.CLOSED, family))
    c.report.check("a.nothing-outside", family, seen + at_mx == 0, "captures beyond the uplink and at the MX",
                   f"{seen} and {at_mx} packets of the closed line to port 25", needs_gate=True)


def _fetch(c: Context, where: Namespace, family: str, url: str, *more: str) -> tuple[int, str]:
    """GET (or POST, with more words) of the page as a browser at that place would do it; (status, body)."""
    host = plan.NOTICE.url_host(family)
    done = where.run("curl", "-sS", "-m", "5", "--noproxy", "*", "--resolve", f"{plan.NOTICE_NAME}:80:{host}", "-w",
                     "\n%{http_code}", *more, url or "http://no-url.invalid/", check=False)
    body, _, status = done.stdout.rpartition("\n")
    return (int(status) if status.isdigit() else 0), body


def _page(c: Context, family: str) -> None:
    url = c.urls.get(family, "")
    own_status, own = _fetch(c, c.line(plan.CLOSED), family, url)
    reference = c.references.get(family, "(none)")
    shows_own = own_status == 200 and reference in own and any(fact in own for fact in _own_facts(family))
    c.report.check("a.page-own", family, shows_own, "curl on the closed line",
                   f"HTTP {own_status}, the reference and this line's own facts are {'' if shows_own else 'not '}shown")
    secrets = [*contact_of(plan.CLOSED), *_own_facts(family)]
    for name, where in (("the neighbour's line", c.line(plan.NEIGHBOUR)), ("the internet", c.box.topology.other)):
        status, body = _fetch(c, where, family, url)
        leaked = [s for s in secrets if s in body]
        c.report.check("a.page-elsewhere", family, status == 200 and not leaked and bool(body), f"curl from {name}",
                       f"HTTP {status}, personal data shown: {', '.join(leaked) or 'none'}")
    _button(c, family, own)


def _button(c: Context, family: str, page: str) -> None:
    """Pressed once, it is noted for the line: a page opened later, in either family, asks no more."""
    if Form(page).action is None:
        c.report.check("a.page-button", family, bool(page) and family == plan.IPV6, "curl on the closed line",
                       "\"I have read this\" was pressed over IPv4, so this page asks no more" if page else "no page")
        return
    status, _ = _press(c, family, page)
    _, again = _fetch(c, c.line(plan.CLOSED), family, c.urls[family])
    remembered = bool(again) and Form(again).action is None
    c.report.check("a.page-button", family, status in (200, 303), "curl on the closed line",
                   f"\"I have read this\" answered with HTTP {status}; the page opened again "
                   f"{'asks no more' if remembered else 'still has the button'}")


def _own_facts(family: str) -> list[str]:
    """What only the line itself may read: who it is, and which server it tried to reach."""
    return [plan.CLOSED.key, plan.CLOSED.address.v4, plan.CLOSED.address.v6, plan.MX.of(family)]


class Form(HTMLParser):
    """The first form of a page that is sent by POST: where to, and its fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: list[tuple[str, str]] = []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form" and self.action is None and values.get("method", "").lower() == "post":
            self.action, self._inside = values.get("action", ""), True
        elif tag in ("input", "button") and self._inside and values.get("name"):
            self.fields.append((values["name"], values.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "form"


def _press(c: Context, family: str, page: str) -> tuple[int, str]:
    """Sends the page's own form as a browser does."""
    form = Form(page)
    if form.action is None:
        return 0, ""
    data = [w for name, value in form.fields for w in ("--data-urlencode", f"{name}={value}")] or ["--data", ""]
    origin = f"http://{plan.NOTICE_NAME}"
    target = urljoin(c.urls[family], form.action)
    return _fetch(c, c.line(plan.CLOSED), family, target, "-H", f"Origin: {origin}", "-H", f"Referer: {c.urls[family]}", *data)
