# SPDX-License-Identifier: Apache-2.0
"""Hands messages to the mail server of this very line (127.0.0.1:25), as a program in the office would."""

from __future__ import annotations

import smtplib
import sys


def main() -> None:
    sender, to, token, first, count = sys.argv[1:6]
    with smtplib.SMTP("127.0.0.1", 25, local_hostname="office.example", timeout=10) as client:
        for number in range(int(first), int(first) + int(count)):
            client.sendmail(sender, [to], f"From: <{sender}>\r\nTo: <{to}>\r\nSubject: {token}-{number}\r\n"
                                          f"X-Demo: {token}\r\n\r\nInvoice {number}.\r\n")


main()
