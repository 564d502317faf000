# SPDX-License-Identifier: Apache-2.0
"""What a household does all day, again and again: submission, the relay, web, UDP. Counts what fails.

Each --task is KIND,FAMILY,ADDRESS,PORT with KIND one of relay, submission, http, udp. State goes to --out as JSON:
{"relay ipv4 203.0.113.25:25": {"ok": 12, "failed": 0, "last_error": ""}, ...}."""

from __future__ import annotations

import argparse
import json
import os
import smtplib
import socket
import ssl
import threading
import time
import urllib.request

TIMEOUT = 10


def relay(address: str, port: int, login: tuple[str, str]) -> None:
    with smtplib.SMTP(address, port, local_hostname="home.example", timeout=TIMEOUT) as client:
        client.ehlo()
        expect(client.mail("loop@home.example"))
        expect(client.rcpt("postmaster@v4.mx.example"))


def submission(address: str, port: int, login: tuple[str, str]) -> None:
    context = ssl._create_unverified_context()
    with smtplib.SMTP(address, port, local_hostname="home.example", timeout=TIMEOUT) as client:
        client.starttls(context=context)
        client.login(*login)
        expect(client.mail("loop@home.example"))
        expect(client.rcpt("postmaster@mail.other.example"))


def http(address: str, port: int, login: tuple[str, str]) -> None:
    host = f"[{address}]" if ":" in address else address
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://{host}:{port}/", timeout=TIMEOUT) as answer:
        if answer.status != 200 or not answer.read():
            raise OSError(f"HTTP {answer.status}")


def udp(address: str, port: int, login: tuple[str, str]) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.settimeout(TIMEOUT)
        token = os.urandom(8)
        client.sendto(token, (address, port))
        if client.recv(64) != token:
            raise OSError("another answer")


def expect(reply: tuple[int, bytes]) -> None:
    if reply[0] != 250:
        raise smtplib.SMTPResponseException(*reply)


KINDS = {"relay": relay, "submission": submission, "http": http, "udp": udp}


def repeat(task: str, every: float, login: tuple[str, str], state: dict[str, dict[str, object]]) -> None:
    kind, family, address, port = task.split(",")
    mine = state[task] = {"ok": 0, "failed": 0, "last_error": ""}
    while True:
        begin = time.monotonic()
        try:
            KINDS[kind](address, int(port), login)
            mine["ok"] = int(str(mine["ok"])) + 1
        except (OSError, smtplib.SMTPException) as error:
            mine["failed"] = int(str(mine["failed"])) + 1
            mine["last_error"] = f"{time.strftime('%H:%M:%S')} {type(error).__name__}: {error}"
        time.sleep(max(0.05, begin + every - time.monotonic()))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--task", action="append", required=True)
    parser.add_argument("--every", type=float, default=1.0)
    parser.add_argument("--login", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    user, password = args.login.split(":")
    state: dict[str, dict[str, object]] = {}
    for number, task in enumerate(args.task):
        threading.Thread(target=repeat, args=(task, args.every, (user, password), state), daemon=True).start()
        time.sleep(args.every / len(args.task) if number + 1 < len(args.task) else 0)  # spread over the interval
    while True:
        with open(args.out + ".new", "w", encoding="utf-8") as out:
            json.dump(dict(state), out)
        os.replace(args.out + ".new", args.out)
        time.sleep(0.3)


main()
