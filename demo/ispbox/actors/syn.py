# SPDX-License-Identifier: Apache-2.0
"""Sends SYNs to port 25: a few with a chosen source (spoofer), or a stream until it is stopped (flooder).

Prints, or keeps in --count-file, how many packets really left."""

from __future__ import annotations

import argparse
import itertools
import os
import signal
import time

from packets import RawSender, syn


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pair", action="append", required=True, help="SOURCE,DESTINATION; repeatable")
    parser.add_argument("--source-port", type=int, default=0, help="0 = a new one for each SYN")
    parser.add_argument("--port", type=int, default=25)
    parser.add_argument("--count", type=int, default=0, help="0 = until SIGTERM")
    parser.add_argument("--rate", type=float, default=300, help="SYNs per second")
    parser.add_argument("--count-file")
    args = parser.parse_args()

    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    pairs = [tuple(p.split(",")) for p in args.pair]
    senders = {is_v6: RawSender(is_v6) for is_v6 in {":" in s for s, _ in pairs}}
    sent = {"ipv4": 0, "ipv6": 0}
    begin = written = time.monotonic()
    for number in itertools.count():
        if stopping or (args.count and number >= args.count):
            break
        source, destination = pairs[number % len(pairs)]
        is_v6 = ":" in source
        port = args.source_port or 1024 + (number * 7919) % 60000
        if senders[is_v6].send(syn(source, destination, port, args.port, number * 64000 + 1), destination):
            sent["ipv6" if is_v6 else "ipv4"] += 1
        now = time.monotonic()
        if args.count_file and now - written > 0.2:
            save(args.count_file, sent)
            written = now
        time.sleep(max(0.0, begin + (number + 1) / args.rate - now))
    if args.count_file:
        save(args.count_file, sent)
    print(sent["ipv4"], sent["ipv6"])


def save(path: str, sent: dict[str, int]) -> None:
    with open(path + ".new", "w", encoding="ascii") as out:
        out.write(f"{sent['ipv4']} {sent['ipv6']}\n")
    os.replace(path + ".new", path)


main()
