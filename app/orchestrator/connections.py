"""Connections to the Orchestrator: through which proxy, trusting whom, over which socket."""

from __future__ import annotations

import base64
import contextlib
import ssl
import urllib.parse
from typing import TYPE_CHECKING

from app.base import hosts
from app.base.dataclass import dataclass
from app.base.i18n import N_
from app.orchestrator.direct import Direct
from app.orchestrator.errors import UnreachableError
from app.orchestrator.identity import authorization
from app.orchestrator.reasons import describe_failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from app.orchestrator.sockets import Answer, Way
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


class Connections:
    """The connections of one thread: kept while the server keeps them, and while the same proxy leads there."""

    def __init__(self, settings: ConnectionSettings) -> None:
        self._settings = settings
        self._way: Way | None = None
        self._proxy: str | None = None

    def request(self, method: str, path: str, headers: Mapping[str, str]) -> AbstractContextManager[Answer]:
        """Send one request on the way that leads there now: a laptop or a VPN changes the system's proxy meanwhile.

        Raises:
            UnreachableError: `ca_file` or `client_certificate` can't be used.
            OSError, ValueError, http.client.HTTPException: as the way has it.
        """
        proxy = proxy_for(self._settings)
        if self._way is None or proxy != self._proxy:
            self.close()
            self._way, self._proxy = _way(self._settings, proxy), proxy
        return self._way.request(method, path, headers)

    def close(self) -> None:
        """Close them all."""
        if self._way is not None:
            self._way.close()


def _way(settings: ConnectionSettings, proxy: str | None) -> Way:
    context = tls_context(settings)
    if proxy is None:
        return Direct(settings.host, settings.timeout, context)
    from app.orchestrator.through_proxy import ThroughProxy  # late: where there is one

    login = proxy_headers(hosts.split_proxy(proxy))
    return ThroughProxy(settings.host, settings.timeout, proxy, login, context)


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
    from urllib.request import getproxies  # late: what is on this machine doesn't need it

    if not getproxies():
        return None
    from requests import utils  # late: 30 ms that a machine without a proxy doesn't need

    return utils.select_proxy(settings.host, utils.get_environ_proxies(settings.host, no_proxy=None))
