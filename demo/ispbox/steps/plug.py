# SPDX-License-Identifier: Apache-2.0
"""(i) It goes on after the restriction: the plug is pulled, at the gate and at the NAS. The line's browser finds the page that
says why; a new dial-in changes nothing; the button on that page opens the line again by itself once nothing more is seen."""

from __future__ import annotations

import re
from urllib.parse import urljoin

from .. import plan
from ..shell import came_true
from .case import case_of
from .closed import Form
from .contact import ACTORS, MAIL_S, SLACK_S, about
from .context import Context

PULLED = {"en": "Your Internet access is paused", "de": "Ihr Internetzugang ist vorübergehend gesperrt"}
RELEASED = {"en": "The restriction on your connection is lifted", "de": "Die Einschränkung Ihres Anschlusses ist aufgehoben"}
CLEAN = {"en": "Your connection is clean again", "de": "Ihr Anschluss ist wieder sauber"}
FIXED = "says_clean"  # the value of the button "It is fixed"
GARDEN = "postern-garden"


def run(c: Context) -> None:
    if c.postern is None:
        return
    c.report.heading("(i) it goes on: the plug is pulled, and the way back")
    before = {(line.name, f): _foreign(c, line, f) for _, line in ACTORS for f in plan.FAMILIES}
    _pulled(c)
    for family, line in ACTORS:
        _page(c, family, line)
        _redials(c, family, line)
    pages = {line.name: _button(c, family, line) for family, line in ACTORS}
    for family, line in ACTORS:
        _open_again(c, family, line, pages[line.name])
    for family, line in ACTORS:
        _clean(c, family, line)
    for (name, family), failed in before.items():
        line = next(line for _, line in ACTORS if line.name == name)
        c.paused[name, family] = _foreign(c, line, family) - failed


def _foreign(c: Context, line: plan.Line, family: str) -> int:
    return c.box.loops[line.name].count(("submission",), family, plan.PROVIDER.of(family)).failed


def browse(c: Context, family: str, line: plan.Line, url: str, *more: str) -> tuple[int, str, str]:
    """A browser on the line that follows redirects: status, the address it ended at, the page."""
    names = {plan.SHOP: plan.PROVIDER, plan.NOTICE_NAME: plan.NOTICE}
    resolve = [w for name, pair in names.items() for w in ("--resolve", f"{name}:80:{pair.url_host(family)}")]
    done = c.line(line).run("curl", "-sSL", "-m", "5", "--noproxy", "*", *resolve, "-w", "\n%{url_effective}\n%{http_code}",
                            "-H", f"Accept-Language: {line.language}", *more, url, check=False)
    body, _, status = done.stdout.rpartition("\n")
    body, _, where = body.rpartition("\n")
    return (int(status) if status.isdigit() else 0), where, body


def _pulled(c: Context) -> None:
    """Both machines go on sending until the last one's owner is told."""
    def still_at_it() -> bool:
        for family, line in ACTORS:
            c.contact(line, plan.OTHERS[0].of(family), timeout=1)
        return all(about(c, line, PULLED) and c.box.nas.disconnects(line) for _, line in ACTORS)

    came_true(still_at_it, plan.PLUG_S + MAIL_S + SLACK_S, every=0.3)
    for family, line in ACTORS:
        told, asked = about(c, line, PULLED), c.box.nas.disconnects(line)
        c.report.check("i.pulled", family, len(told) == 1 and bool(asked), f"mailbox of {line.name}@{plan.HOME_DOMAIN}, FreeRADIUS",
                       f"{len(told)} mail says that the access is paused; the NAS was asked to end session "
                       f"{asked[0]}" if asked else "the NAS was asked for nothing")


def _page(c: Context, family: str, line: plan.Line) -> None:
    status, where, page = browse(c, family, line, f"http://{plan.SHOP}/")
    title = (re.search(r"<title>([^<]*)", page) or ["", ""])[1]
    number = str((case_of(c, line) or {}).get("id"))
    facts = [number in page, any(other.of(family) in page for other in (*plan.OTHERS, plan.DARK))]
    tls = c.line(line).run("curl", "-sS", "-m", "5", "--noproxy", "*", f"https://{plan.PROVIDER.url_host(family)}/", check=False)
    refused = tls.returncode in (7, 35, 56)  # refused or reset, at once; never a certificate of ours
    ok = status == 200 and title.startswith(PULLED[line.language]) and all(facts) and refused
    c.report.check("i.page", family, ok, f"curl on the line {line.name}",
                   f"http://{plan.SHOP}/ ends at {where}: {title!r}, {'with' if all(facts) else 'WITHOUT'} the evidence; "
                   f"https is {'reset' if refused else f'not reset ({tls.stderr.strip()[:80]})'}")
    relay = c.box.loops[line.name].count(("relay",), family, plan.RELAY.of(family))
    again = came_true(lambda: c.box.loops[line.name].count(("relay",), family, plan.RELAY.of(family)).ok > relay.ok, 8)
    c.report.check("i.relay-stays", family, again and not relay.failed, f"loops on the line {line.name}",
                   "the provider's relay goes on working for it" if again else f"no: {relay.last_error}")


def _redials(c: Context, family: str, line: plan.Line) -> None:
    """The NAS ends the session as it was asked; the customer's router dials in again."""
    given = c.box.nas.redial(line, f"{line.name}-1", f"{line.name}-2")
    held = came_true(lambda: browse(c, family, line, f"http://{plan.SHOP}/")[1].endswith("/garden"), 8, every=0.3)
    c.report.check("i.redial", family, given.get("Filter-Id") == GARDEN and held, "radclient, curl on the line",
                   f"Access-Accept with Filter-Id {given.get('Filter-Id')!r}; the browser "
                   f"{'still ends at the page' if held else 'does NOT end at the page'}")


def _button(c: Context, family: str, line: plan.Line) -> str:
    """"It is fixed", pressed as a browser does; the page it leads to."""
    _, where, page = browse(c, family, line, f"http://{plan.SHOP}/")
    form = Form(page)
    fields = [(n, v) for n, v in form.fields if n != "say"] + [("say", FIXED)]
    data = [w for name, value in fields for w in ("--data-urlencode", f"{name}={value}")]
    origin = f"http://{plan.NOTICE_NAME}"
    status, _, after = browse(c, family, line, urljoin(where, form.action or ""), "-H", f"Origin: {origin}", "-H",
                              f"Referer: {where}", *data)
    said = came_true(lambda: (case_of(c, line) or {}).get("customer") == FIXED, 4)
    c.report.check("i.button", family, status == 200 and said, f"curl on the line {line.name}, postern case list",
                   f"\"It is fixed\" answered with HTTP {status}; the case knows it: {'yes' if said else 'no'}")
    return after


def _open_again(c: Context, family: str, line: plan.Line, page: str) -> None:
    """Nothing more is seen for release_after: the line opens by itself, at the gate and in authorisation."""
    opened = came_true(lambda: bool(about(c, line, RELEASED)) and browse(c, family, line, f"http://{plan.SHOP}/")[1]
                       == f"http://{plan.SHOP}/", plan.RELEASE_S + MAIL_S + SLACK_S, every=0.3)
    undone = came_true(lambda: f"{line.name}-2" in c.box.nas.disconnects(line), 8)
    given = c.box.nas.redial(line, f"{line.name}-2", f"{line.name}-3")
    web = came_true(lambda: browse(c, family, line, f"http://{plan.SHOP}/")[0] == 200, 8, every=0.3)
    c.report.check("i.open-again", family, opened and web and undone and given.get("Filter-Id") == line.class_name,
                   f"mailbox, curl on the line {line.name}, FreeRADIUS, radclient",
                   f"quiet for {plan.RELEASE_S} s: {'a mail says that it is lifted, the shop opens' if opened else 'NOT open'}; the NAS was "
                   f"{'asked to end the held session' if undone else 'asked nothing'}, the new one gets Filter-Id "
                   f"{given.get('Filter-Id')!r}; the case is {(case_of(c, line) or {}).get('state')}")


def _clean(c: Context, family: str, line: plan.Line) -> None:
    """It stays quiet: verified clean, and the case is closed. """
    came = came_true(lambda: bool(about(c, line, CLEAN)) and (case_of(c, line) or {}).get("state") == "closed",
                     plan.CLEAN_S + MAIL_S + SLACK_S, every=0.3)
    c.report.check("i.clean", family, came, f"mailbox of {line.name}@{plan.HOME_DOMAIN}, postern "
                   "case list", f"quiet for {plan.CLEAN_S} s: " + ("a mail says that the connection is clean; the case is closed"
                                                                   if came else f"the case is {(case_of(c, line) or {}).get('state')}"))
