# SPDX-License-Identifier: Apache-2.0
"""(h) The owner of an infected machine is told by mail, in their language, with the evidence; what is not mended is
restricted after the deadline, and said again by a mail of its own. What comes after that is in plug.py."""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage

from .. import plan
from ..shell import came_true
from .context import Context

ACTORS = ((plan.IPV4, plan.INFECTED), (plan.IPV6, plan.WORM))
# The zombie rests on novelty alone at first, so its owner is asked; the worm touched a dark address.
FIRST = {"en": "Do you run a mail server?", "de": "Ein Gerät an Ihrem Anschluss verschickt von selbst"}
RESTRICTED = {"en": "Direct mail is now restricted", "de": "Der direkte E-Mail-Versand ist an Ihrem Anschluss jetzt eing"}
MAIL_S = 8
SLACK_S = 8


def run(c: Context) -> None:
    if c.postern is None:
        return
    c.report.heading("(h) the owners are told by mail, and what happens when nothing is done")
    for family, line in ACTORS:
        _told(c, family, line)
    for family, line in ACTORS:
        _restricted(c, family, line)


def mails(c: Context, line: plan.Line) -> list[EmailMessage]:
    folder = c.box.mx.mailboxes / plan.HOME_DOMAIN / line.name / "new"
    found = []
    for file in sorted(folder.glob("*")) if folder.is_dir() else []:
        message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        found.append(message)
    return found


def about(c: Context, line: plan.Line, subjects: dict[str, str]) -> list[EmailMessage]:
    return [m for m in mails(c, line) if str(m["Subject"]).startswith(subjects[line.language])]


def _told(c: Context, family: str, line: plan.Line) -> None:
    came_true(lambda: bool(about(c, line, FIRST)), MAIL_S, every=0.2)
    got = about(c, line, FIRST)
    body = got[0].get_content() if got else ""
    named = re.findall(r"UTC  (\S+)  TCP 25", body)
    tried = {other.of(family) for other in (*plan.OTHERS, plan.DARK)}
    true = bool(named) and set(named) <= tried
    ids = {str(m["Message-ID"]) for m in got}
    ok = len(ids) == 1 and true and line.key in body and f"http://{plan.NOTICE_NAME}/r/" in body
    c.report.check("h.notice", family, ok, f"mailbox of {line.name}@{plan.HOME_DOMAIN}",
                   f"{len(got)} notice ({line.language}), its evidence names {len(named)} servers the actor really "
                   f"contacted, {len(ids)} Message-ID" if got else "no notice came")


def _restricted(c: Context, family: str, line: plan.Line) -> None:
    """The machine goes on after the notice: when the deadline has passed, the line is restricted, and told so."""
    def still_at_it() -> bool:
        c.contact(line, plan.OTHERS[0].of(family), timeout=1)
        return bool(about(c, line, RESTRICTED))

    came = came_true(still_at_it, plan.DEADLINE_S + MAIL_S + SLACK_S, every=0.5)
    greeting = str(c.contact(line, plan.OTHERS[0].of(family), timeout=2)["greeting"])
    c.report.check("h.restricted", family, came and greeting.startswith("554"),
                   f"mailbox of {line.name}@{plan.HOME_DOMAIN}, client on the line",
                   f"{'a mail says so' if came else 'no mail came'}; the line is greeted {greeting[:40]!r}")

