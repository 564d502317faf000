# SPDX-License-Identifier: Apache-2.0
"""postern.toml and the subscriber list of the box."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from . import plan
from .box import Box

SETTINGS = """\
# Written by the demo for one run.
[provider]
name = "Example ISP"
url = "http://{notice_name}"
contact = "abuse@isp.example"
phone = "+1 555 0100"
relay_host = "{relay_name}"
relay = {relay}

[network]
subscriber_prefixes = {subscribers}
subscriber_interfaces = ["sub*"]
# The relay is behind svc0, which is neither: the guard lets its mail pass because it is the relay.
uplink_interfaces = ["up0"]
dark = {dark}

[gate]
pin_dir = "{pin_dir}"
lines_max = 4096
guard = true

[explainer]
banners_per_min = 120

[radius_acct]
listen = ["{radius.v4}:1813", "[{radius.v6}]:1813"]
[[radius_acct.client]]
address = "{nas.v4}"
secret_file = "{secret}"

[radius_auth]
listen = ["{radius.v4}:{authorise_port}"]
allow = ["{nas.v4}/32", "{relay_host.v4}/32"]
[[radius_coa.nas]]
name = "bng1"
address = "{nas.v4}:{coa_port}"
secret_file = "{secret}"
methods = ["disconnect"]

[notice]
listen = ["{notice.v4}:80", "[{notice.v6}]:80"]

[mail]
relay = ["{relay_host.v4}:25"]
from = "abuse@isp.example"
bounces = "notice-bounces@isp.example"

[casework]
restrict = "{restrict}"
contact_promise = "1m"
deadline = "{deadline_s}s"
block_deadline = "{deadline_s}s"
release_after = "{release_s}s"
stopped_after = "10m"
clean_after = "{clean_s}s"
plug = "on"
plug_after = "{plug_s}s"
plug_needs_person = false

[api]
socket = "{socket}"

[store]
directory = "{state}"

[daemon]
user = "nobody"

[class.residential]
verdict = "explain"

[class.business]
verdict = "explain"

[class.unknown]
verdict = "explain"
"""


def write_settings(box: Box, state: Path, pin_dir: Path) -> Path:
    file = box.directory / "postern.toml"
    file.write_text(SETTINGS.format(
        notice_name=plan.NOTICE_NAME, relay_name=plan.RELAY_NAME,
        relay=json.dumps([f"{plan.RELAY.v4}/32", f"{plan.RELAY.v6}/128"]),
        subscribers=json.dumps(plan.SUBSCRIBER_PREFIXES), dark=json.dumps(plan.DARK_PREFIXES), pin_dir=pin_dir,
        radius=plan.RADIUS, nas=plan.NAS, notice=plan.NOTICE, relay_host=plan.RELAY, restrict="on",
        deadline_s=plan.DEADLINE_S, release_s=plan.RELEASE_S, plug_s=plan.PLUG_S, clean_s=plan.CLEAN_S, coa_port=plan.COA_PORT,
        authorise_port=plan.AUTHORISE_PORT, secret=box.nas.secret_file,
        socket=box.directory / "api.sock", state=state))
    return file


def contact_of(line: plan.Line) -> tuple[str, str, str]:
    """Name, mail address and phone: what must never be shown to anybody else."""
    return (f"{line.name.capitalize()} Household", f"{line.name}@{plan.HOME_DOMAIN}", f"+1 555 02{line.number:02d}")


def subscribers_csv(directory: Path) -> Path:
    file = directory / "subscribers.csv"
    with open(file, "w", newline="", encoding="utf-8") as out:
        table = csv.writer(out)
        table.writerow(["key", "class", "language", "name", "mail", "phone"])
        for line in plan.LINES:
            table.writerow([line.key, line.class_name, line.language, *contact_of(line)])
    return file
