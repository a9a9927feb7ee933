"""The straight way to the Orchestrator, with the standard library: one connection, kept while the server keeps it."""

from __future__ import annotations

import contextlib
import http.client
import select
import socket
import sys
import urllib.parse
from typing import TYPE_CHECKING, Any, Final

from app.base.hosts import port_of
from app.orchestrator.heads import LeanResponse, request_head
from app.orchestrator.sockets import body_for, remember_socket

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping

_PACKED: Final = {"gzip", "x-gzip", "deflate"}
_ANY_HEADER: Final = 47  # of zlib or of gzip; https://docs.python.org/3/library/zlib.html#zlib.decompress


class Direct:
    """Implements `sockets.Way`.

    Args:
        host: a URL without a trailing slash.
        timeout: seconds, for the connection and for the answer each.
        context: of TLS; None for plain http.
    """

    def __init__(self, host: str, timeout: float, context: ssl.SSLContext | None) -> None:
        parts = urllib.parse.urlsplit(host)
        name, port = parts.hostname or "", port_of(parts)
        self._prefix = urllib.parse.quote(parts.path, safe="/%:@!$&'()*+,;=~")
        usual = http.client.HTTP_PORT if context is None else http.client.HTTPS_PORT
        self._host = _host_field(name) if port == usual else f"{_host_field(name)}:{port}"
        self._connection = (
            _Connection(name, port, timeout) if context is None else _TlsConnection(name, port, timeout, context)
        )

    @contextlib.contextmanager
    def request(self, method: str, path: str, headers: Mapping[str, str]) -> Iterator[_Answer]:
        """See `Way`."""
        connection = self._connection
        if connection.sock is not None and _has_news(connection.sock):
            connection.close()  # nothing was asked: it is the server's good-bye
        try:
            if connection.sock is None:
                connection.connect()
            body = (body_for(connection.sock) or "").encode("ascii")
            fields = {"Host": self._host, **headers, "Content-Length": str(len(body))}
            connection.sock.sendall(request_head(method, self._prefix + path, fields) + body)
            response = LeanResponse(connection.sock, method=method)
            try:
                response.begin()
                yield _Answer(response)
                if response.will_close or not response.isclosed():  # there is more than anybody wants to read
                    connection.close()
            finally:
                response.close()
        except BaseException:
            connection.close()
            raise

    def close(self) -> None:
        """See `Way`."""
        self._connection.close()


def _host_field(name: str) -> str:
    """As the server is told whom it is: IPv6 in brackets, without the name of our own interface (RFC 9110, 7.2)."""
    if ":" in name:
        return f"[{name.partition('%')[0]}]"
    return name if name.isascii() else name.encode("idna").decode("ascii")


class _Connection:
    def __init__(self, host: str, port: int, timeout: float) -> None:
        self._host, self._port, self._timeout = host, port, timeout
        self.sock: Any = None

    def connect(self) -> None:
        # As bytes, what needs no IDNA is looked up without its codec and tables: a millisecond of each start.
        host: Any = self._host.encode("ascii") if self._host.isascii() else self._host
        self.sock = socket.create_connection((host, self._port), self._timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        remember_socket(self.sock)

    def close(self) -> None:
        sock, self.sock = self.sock, None
        if sock is not None:
            sock.close()


class _TlsConnection(_Connection):
    def __init__(self, host: str, port: int, timeout: float, context: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout)
        context.set_alpn_protocols(["http/1.1"])
        self._context = context
        self._name = host.partition("%")[0].rstrip(".")  # as it stands in certificates

    def connect(self) -> None:
        super().connect()
        # TLS takes the socket itself out of our hands before the handshake; its copy can still be shut down.
        with self.sock.dup() as copy:
            remember_socket(copy)
            plain = self.sock
            try:
                plain.getpeername()  # gone already: TLS would leave its half-made socket to the collector
                self.sock = self._context.wrap_socket(plain, server_hostname=self._name)
            except BaseException:
                plain.close()
                raise
            remember_socket(self.sock)


class _Answer:
    """Implements `sockets.Answer`."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self._response = response
        self.status = response.status
        # No compression was asked for; a server that doesn't care is understood all the same.
        packed = self.header("Content-Encoding").strip().lower() in _PACKED
        self._unpacker = _Unpacker() if packed else None

    def header(self, name: str) -> str:
        """See `Answer`."""
        return self._response.headers.get(name.lower(), "")

    def read(self, size: int) -> bytes:
        """See `Answer`."""
        if self._unpacker is None:
            return self._read(size)
        while True:
            packed = b"" if self._unpacker.waits else self._read(size)
            if not (packed or self._unpacker.waits):
                return b""
            if unpacked := self._unpacker.unpack(packed, size):
                return unpacked

    def _read(self, size: int) -> bytes:
        read = self._response.read(size)
        if not read and self._response.length:
            raise http.client.IncompleteRead(b"", self._response.length)
        return read


class _Unpacker:
    """Unpacks no more than it is asked for: a small answer may hold gigabytes."""

    def __init__(self) -> None:
        import zlib  # late: nobody should need it

        self._zlib = zlib
        self._unpacking = zlib.decompressobj(_ANY_HEADER)

    @property
    def waits(self) -> bool:
        """Whether there is more to be had without reading on."""
        return bool(self._unpacking.unconsumed_tail)

    def unpack(self, packed: bytes, size: int) -> bytes:
        """At most so many bytes of what waits and of `packed`."""
        try:
            return self._unpacking.decompress(self._unpacking.unconsumed_tail + packed, size)
        except self._zlib.error as error:
            raise http.client.HTTPException(str(error)) from None


if sys.platform == "win32":

    def _has_news(sock: socket.socket) -> bool:
        return bool(select.select([sock], [], [], 0)[0])

else:

    def _has_news(sock: socket.socket) -> bool:
        """Whether something can be read; `select.select` takes no file number above 1023 here."""
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return bool(poll.poll(0))
