# SPDX-License-Identifier: Apache-2.0
"""The other provider's web server and UDP echo, on one address of each family."""

from __future__ import annotations

import argparse
import http.server
import socket
import threading


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # noqa: N802 (name given by the library)
        body = b"a page of the internet\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def server_bind(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)


class Server6(Server):
    address_family = socket.AF_INET6


def echo(address: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as server:
        server.bind((address, port))
        while True:
            data, peer = server.recvfrom(2048)
            server.sendto(data, peer)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("addresses", nargs="+")
    parser.add_argument("--http", type=int, required=True)
    parser.add_argument("--echo", type=int, required=True)
    args = parser.parse_args()
    for address in args.addresses:
        kind = Server6 if ":" in address else Server
        threading.Thread(target=kind((address, args.http), Page).serve_forever, daemon=True).start()
        threading.Thread(target=echo, args=(address, args.echo), daemon=True).start()
    threading.Event().wait()


main()
