"""Connections to the Orchestrator: through which proxy, trusting whom, over which socket."""

from __future__ import annotations

import base64
import contextlib
import http.client
import ssl
import threading
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from app.base import hosts
from app.base.dataclass import dataclass
from app.base.i18n import N_
from app.orchestrator.errors import UnreachableError
from app.orchestrator.identity import authorization
from app.orchestrator.reasons import describe_failure

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path

    from app.settings.model import Settings


@dataclass(frozen=True)
class ConnectionSettings:
    """How to reach the Orchestrator.

    `host` is a URL without a trailing slash; `authorization` the complete header value (empty: none); `timeout` in
    seconds, for the connection and for the answer each. Without `ca_file` the system's trust store decides, without
    `proxy` its settings.
    """

    host: str
    authorization: str
    timeout: float
    verify_tls: bool = True
    ca_file: Path | None = None
    client_certificate: Path | None = None
    proxy: str | None = None


def connection_settings(settings: Settings) -> ConnectionSettings:
    """How `settings` say to reach the Orchestrator."""
    return ConnectionSettings(
        host=settings.host,
        authorization=authorization(settings.guid),
        timeout=settings.request_timeout,
        verify_tls=settings.verify_tls,
        ca_file=settings.ca_file,
        client_certificate=settings.client_certificate,
        proxy=settings.proxy,
    )


class SocketUser(threading.Thread):
    """A thread that is told of the sockets under the connections that it makes."""

    def connected(self, sock: socket.socket) -> None:
        """`sock` is the connection's from now on; called on this thread."""

    def compose(self, sock: socket.socket) -> str:
        """The body of the request, which goes through `sock` as soon as this returns; called on this thread.

        Raises:
            OSError: it must not be sent any more.
        """
        raise NotImplementedError


def _remember_socket(sock: socket.socket | None) -> None:
    thread = threading.current_thread()
    if isinstance(thread, SocketUser) and sock is not None:
        thread.connected(sock)


def _compose(connection: HTTPConnection, options: dict[str, Any]) -> dict[str, Any]:
    """`options` of a request with the body that its thread composes, once the connection is made."""
    if connection.sock is None:
        connection.connect()
    thread = threading.current_thread()
    return options | {"body": thread.compose(connection.sock)} if isinstance(thread, SocketUser) else options


class _FinalResponse(http.client.HTTPResponse):
    """Skips every interim answer (1xx; RFC 9110, 15.2), where http.client skips 100 alone."""

    def _read_status(self) -> tuple[str, int, str]:
        status: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]  # not in the stubs
        while 100 <= status[1] < 200:  # noqa: PLR2004 - the class of the status
            http.client.parse_headers(self.fp)
            status = super()._read_status()  # type: ignore[misc]
        return status


class _HttpConnection(HTTPConnection):
    response_class = _FinalResponse

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        _remember_socket(sock)
        return sock

    def request(self, *what: Any, **options: Any) -> None:
        super().request(*what, **_compose(self, options))


class _HttpsConnection(HTTPSConnection):
    response_class = _FinalResponse
    _copy: socket.socket | None = None

    def request(self, *what: Any, **options: Any) -> None:
        super().request(*what, **_compose(self, options))

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        # TLS takes the socket itself out of our hands before the handshake; its copy can still be shut down.
        self._copy = sock.dup()
        _remember_socket(self._copy)
        return sock

    def connect(self) -> None:
        try:
            super().connect()
            _remember_socket(self.sock)
        finally:
            if self._copy is not None:
                self._copy.close()


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection


class Connections:
    """The connections of one thread: kept while the server keeps them, and while the same proxy leads there."""

    def __init__(self, settings: ConnectionSettings) -> None:
        self._settings = settings
        self._manager: urllib3.PoolManager | None = None
        self._proxy: str | None = None

    def manager(self) -> urllib3.PoolManager:
        """What makes connections now: a laptop or a VPN changes the system's proxy while the robot runs.

        Raises:
            UnreachableError: `ca_file` or `client_certificate` can't be used.
        """
        proxy = proxy_for(self._settings)
        if self._manager is None or proxy != self._proxy:
            self.close()
            self._manager, self._proxy = _manager(self._settings, proxy), proxy
        return self._manager

    def close(self) -> None:
        """Close them all."""
        if self._manager is not None:
            self._manager.clear()


def _manager(settings: ConnectionSettings, proxy: str | None) -> urllib3.PoolManager:
    """Gives every connection our TLS context and lets its thread know the socket."""
    manager: urllib3.PoolManager
    context = tls_context(settings)
    if proxy is None:
        manager = urllib3.PoolManager(1, ssl_context=context)
    else:
        parts = hosts.split_proxy(proxy)
        manager = urllib3.ProxyManager(
            parts.geturl(), 1, proxy_headers=proxy_headers(parts), ssl_context=context, proxy_ssl_context=context
        )
    manager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
    if not settings.verify_tls:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # said once in our own log
    return manager


def tls_context(settings: ConnectionSettings) -> ssl.SSLContext | None:
    """The TLS context for these settings; None for plain http.

    Raises:
        UnreachableError: `ca_file` or `client_certificate` can't be used; the text names it.
    """
    if not settings.host.lower().startswith("https:") and not (settings.proxy or "").lower().startswith("https:"):
        return None
    context: ssl.SSLContext
    if not settings.verify_tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif settings.ca_file:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        with _naming("ca_file", settings.ca_file):
            context.load_verify_locations(settings.ca_file)
    else:
        import truststore  # late: plain http on loopback or in a closed network doesn't need it

        context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if settings.client_certificate:
        with _naming("client_certificate", settings.client_certificate):
            # Without a password that can be given, OpenSSL would ask for one on the terminal, and wait.
            context.load_cert_chain(settings.client_certificate, password="")
    return context


@contextlib.contextmanager
def _naming(key: str, file: Path) -> Iterator[None]:
    """Say which setting and which file could not be used."""
    try:
        yield
    except OSError as error:  # ssl.SSLError is one
        raise UnreachableError(
            N_("{key} {file} can't be used: {reason}"), key=key, file=file, reason=describe_failure(error)
        ) from None


def proxy_headers(proxy: urllib.parse.SplitResult) -> dict[str, str]:
    """What a proxy is told of who asks: the name and the password in its address, in UTF-8 (RFC 7617, 2.1)."""
    if not proxy.username:
        return {}
    login = f"{urllib.parse.unquote(proxy.username)}:{urllib.parse.unquote(proxy.password or '')}"
    return {"Proxy-Authorization": "Basic " + base64.b64encode(login.encode()).decode("ascii")}


def proxy_for(settings: ConnectionSettings) -> str | None:
    """The proxy's URL: the setting, else the system's for this host, else None.

    Loopback never goes through the system's proxy, which would look for it on its own machine.
    """
    if settings.proxy:
        return settings.proxy
    if hosts.is_loopback(urllib.parse.urlsplit(settings.host).hostname or ""):
        return None
    if not urllib.request.getproxies():
        return None
    from requests import utils  # late: 30 ms that a machine without a proxy doesn't need

    return utils.select_proxy(settings.host, utils.get_environ_proxies(settings.host, no_proxy=None))
