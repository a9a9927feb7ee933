"""The way through a proxy, with urllib3: tunnels, and TLS in TLS. Loaded where there is one: 15 ms and 3 MB."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from app.base import hosts
from app.orchestrator.sockets import FinalResponse, body_for, remember_socket

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Iterator, Mapping


class ProxyWayError(OSError):
    """What the library says of a failure; its cause is the library's own."""


class ThroughProxy:
    """Implements `sockets.Way`.

    Args:
        host: a URL without a trailing slash.
        timeout: seconds, for the connection and for the answer each.
        proxy: its URL.
        login: the headers that say to the proxy who asks.
        context: of TLS; None if neither the Orchestrator nor the proxy wants it.
    """

    def __init__(
        self, host: str, timeout: float, proxy: str, login: Mapping[str, str], context: ssl.SSLContext | None
    ) -> None:
        self._host = host
        self._timeout = urllib3.Timeout(connect=timeout, read=timeout)
        self._manager = urllib3.ProxyManager(
            hosts.split_proxy(proxy).geturl(), 1, proxy_headers=login, ssl_context=context, proxy_ssl_context=context
        )
        self._manager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
        if context is not None and not context.check_hostname:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # said once in our own log

    @contextlib.contextmanager
    def request(self, method: str, path: str, headers: Mapping[str, str]) -> Iterator[_Answer]:
        """See `Way`."""
        with (
            _as_os_error(),
            self._manager.urlopen(
                method,
                self._host + path,  # the body is asked for when the connection is there
                headers=dict(headers),
                timeout=self._timeout,
                redirect=False,  # a redirect would carry the credential to somebody else
                retries=False,
                preload_content=False,
            ) as response,
        ):
            yield _Answer(response)

    def close(self) -> None:
        """See `Way`."""
        self._manager.clear()


class _Answer:
    """Implements `sockets.Answer`."""

    def __init__(self, response: urllib3.BaseHTTPResponse) -> None:
        self._response = response
        self.status = response.status

    def header(self, name: str) -> str:
        """See `Answer`."""
        return self._response.headers.get(name, "")

    def read(self, size: int) -> bytes:
        """See `Answer`. urllib3 bounds decompression by the amount asked for."""
        with _as_os_error():
            return self._response.read(size, decode_content=True)


@contextlib.contextmanager
def _as_os_error() -> Iterator[None]:
    try:
        yield
    except urllib3.exceptions.HTTPError as error:
        raise ProxyWayError(str(error)) from error


def _compose(connection: HTTPConnection, options: dict[str, Any]) -> dict[str, Any]:
    """`options` of a request with the body that its thread composes, once the connection is made."""
    if connection.sock is None:
        connection.connect()
    return options if (body := body_for(connection.sock)) is None else options | {"body": body}


class _HttpConnection(HTTPConnection):
    response_class = FinalResponse

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        remember_socket(sock)
        return sock

    def request(self, *what: Any, **options: Any) -> None:
        super().request(*what, **_compose(self, options))


class _HttpsConnection(HTTPSConnection):
    response_class = FinalResponse
    _copy: socket.socket | None = None

    def request(self, *what: Any, **options: Any) -> None:
        super().request(*what, **_compose(self, options))

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        # TLS takes the socket itself out of our hands before the handshake; its copy can still be shut down.
        self._copy = sock.dup()
        remember_socket(self._copy)
        return sock

    def connect(self) -> None:
        try:
            super().connect()
            remember_socket(self.sock)
        finally:
            if self._copy is not None:
                self._copy.close()


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection
