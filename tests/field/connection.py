"""The wire of the field's Orchestrator: raw sockets, so that an answer can be late, lost, in pieces or none."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import struct
import time
from typing import TYPE_CHECKING, Any

from tests.field.requests import DRIP_SECONDS, REASONS, Plan, Request

if TYPE_CHECKING:
    from tests.field.server import Orchestrator


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    allow_reuse_address = True
    orchestrator: Orchestrator

    def __init__(self, address: tuple[str, int], handler: type[socketserver.BaseRequestHandler]) -> None:
        super().__init__(address, handler)
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Close what is still open."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """A robot that was killed has cut its connection: nothing to print."""


class Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    server: Server

    def handle(self) -> None:
        orchestrator = self.server.orchestrator
        while (request := self._read()) is not None:
            plan = orchestrator.take(request)
            try:
                if not self._deal_with(orchestrator, request, plan):
                    return
            finally:
                orchestrator.done()

    def _read(self) -> Request | None:
        line = self.rfile.readline(65536).decode("latin-1").split()
        if len(line) != 3:
            return None
        headers = {}
        while (header := self.rfile.readline(65536).strip()) != b"":
            key, _, value = header.decode("latin-1").partition(":")
            headers[key.strip().lower()] = value.strip()
        length = int(headers.get("content-length", 0))
        body = self.rfile.read(length)
        if len(body) < length:
            return None
        return Request(line[0], line[1], headers, body, self.client_address[0])

    def _deal_with(self, orchestrator: Orchestrator, request: Request, plan: Plan) -> bool:
        """False: the connection ends."""
        time.sleep(plan.before)
        status, body = orchestrator.carry_out(request) if plan.acts else (0, b"")
        time.sleep(plan.after)
        if plan.lost:
            return False
        body = plan.wrap[0] + (plan.bend(body) if plan.bend else body) + plan.wrap[1]
        if plan.status is not None:
            status, body = plan.status, plan.body
        lines = [
            f"HTTP/1.1 {status} {REASONS.get(status, 'Other')}",
            f"Content-Type: {plan.kind}",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in plan.headers),
        ]
        orchestrator.answered(request)
        with contextlib.suppress(OSError):
            return self._send(plan.ahead + "\r\n".join([*lines, "", ""]).encode(), body, plan.manner)
        return False

    def _send(self, head: bytes, body: bytes, manner: str) -> bool:
        """False: the connection ends."""
        if manner == "reset":
            self.wfile.write(head + body[: len(body) // 2])
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return False
        if manner == "drip":
            self.wfile.write(head)
            for number in range(len(body)):
                time.sleep(DRIP_SECONDS)
                self.wfile.write(body[number : number + 1])
            return True
        self.wfile.write(head + body)
        return True
