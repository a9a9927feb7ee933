"""A server of the tests' own, that sends exactly the bytes that a test wants, and certificates for it."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
import struct
import subprocess
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

JSON_OK = b'{"HeartbeatErrorCode":0,"ErrorText":"","HasNewJob":0}'


def answer(body: bytes = JSON_OK, status: str = "200 OK", *headers: str, length: int | None = None) -> bytes:
    """An HTTP answer; `length` is what it claims to be, if that isn't true."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class Request:
    """What came."""

    line: str
    headers: dict[str, str]  # names in small letters
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """Its urlencoded parameters."""
        return dict(parse_qsl(self.body.decode("ascii"), keep_blank_values=True, strict_parsing=True))


class Peer:
    """One connection, as the test's behaviour sees it."""

    def __init__(self, server: WireServer, sock: socket.socket) -> None:
        self.server = server
        self.sock = sock
        self._file = sock.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()  # a socket is closed only with its last file

    def read(self) -> Request | None:
        """The next request, also kept in `server.requests`; None at the end of the connection."""
        line = self._file.readline().decode().strip()
        if not line:
            return None
        headers: dict[str, str] = {}
        while text := self._file.readline().decode().strip():
            name, _colon, value = text.partition(":")
            headers[name.lower()] = value.strip()
        request = Request(line, headers, self._file.read(int(headers.get("content-length", 0))))
        self.server.requests.append(request)
        return request

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.sock.sendall(data)

    def drip(self, data: bytes, seconds: float = 0.02) -> None:
        """Send byte by byte, until the test is over."""
        for byte in data:
            self.send(bytes([byte]))
            if self.server.over.wait(seconds):
                return

    def reset(self) -> None:
        """Break the connection with RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._file.close()
        self.sock.close()

    def hang(self) -> None:
        """Say nothing until the test is over or the other side goes; `server.left` tells of the latter."""
        with contextlib.suppress(OSError):
            while self._file.read(1):
                pass
            self.server.left.set()


class _Tcp(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class WireServer:
    """Lets `behave` answer each connection, on a thread of its own. TLS with `context`."""

    def __init__(self, behave: Callable[[Peer], None], context: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self.over = threading.Event()
        self.left = threading.Event()
        self._socks: list[socket.socket] = []
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                outer.connections += 1
                sock = self.request
                if context:
                    sock = context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
                outer._socks.append(sock)
                with contextlib.suppress(OSError), sock:
                    if isinstance(sock, ssl.SSLSocket):
                        sock.do_handshake()
                    with Peer(outer, sock) as peer:
                        behave(peer)

        self._server = _Tcp(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="wire-server")
        scheme = "https" if context else "http"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for sock in self._socks:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def always(data: bytes) -> Callable[[Peer], None]:
    """Answers every request of a connection with `data`."""

    def behave(peer: Peer) -> None:
        while peer.read():
            peer.send(data)

    return behave


def once(data: bytes) -> Callable[[Peer], None]:
    """Answers one request, then closes the connection."""

    def behave(peer: Peer) -> None:
        peer.read()
        peer.send(data)

    return behave


class Authority:
    """A certificate authority of the test's own, through the openssl command."""

    def __init__(self, folder: Path, name: str = "Test CA") -> None:
        self._folder = folder
        self.file = folder / "ca.pem"
        self._key = folder / "ca.key"
        folder.mkdir(parents=True)
        self._openssl("req", "-x509", *_NEW_KEY, "-keyout", self._key, "-out", self.file, "-subj", f"/CN={name}")

    def issue(self, names: str = "IP:127.0.0.1,DNS:localhost", days: int = 30) -> Path:
        """A certificate with its key in one PEM file; negative `days`: expired so long ago."""
        stem = self._folder / f"leaf-{len(list(self._folder.glob('*.csr')))}"
        key, request, leaf, extra = (stem.with_suffix(end) for end in (".key", ".csr", ".crt", ".ext"))
        self._openssl("req", *_NEW_KEY, "-keyout", key, "-out", request, "-subj", f"/CN=Robot {stem.name}")
        extra.write_text(f"subjectAltName={names}\n")
        sign = ("-CA", self.file, "-CAkey", self._key, "-CAcreateserial", "-days", str(days), "-extfile", extra)
        self._openssl("x509", "-req", "-in", request, "-out", leaf, *sign)
        both = stem.with_suffix(".pem")
        both.write_text(leaf.read_text() + key.read_text())
        return both

    def server(self, names: str = "IP:127.0.0.1,DNS:localhost", days: int = 30) -> ssl.SSLContext:
        """A server's context with a certificate of this authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.issue(names, days))
        return context

    def _openssl(self, *arguments: object) -> None:
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=30)


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
