"""Keeps web pages of other sites away from the sandbox: DNS rebinding and cross-site requests."""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from app.base import hosts

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_SAME_SITE: Final = frozenset({"", "same-origin", "none"})


class Guard:
    """Passes on what was meant for this sandbox and doesn't come from a foreign page.

    A page of another site that lets its own name point to this machine (DNS rebinding) still sends its own name as
    Host, so only names that mean this machine are taken. https://owasp.org/www-community/attacks/DNS_Rebinding

    Args:
        app: what is guarded.
        host: the address that the server listens on.
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        self._host = host.lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it with 421 (Host) or 403 (foreign page)."""
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get("host", "")
        if not self.host_allowed(host):
            await _refuse(send, 421, b"This sandbox doesn't answer to that Host.")
        elif (scope["method"] not in _SAFE_METHODS or scope["path"].startswith("/sandbox/")) and not _own_page(
            headers, host
        ):
            await _refuse(send, 403, b"Requests from pages of other sites are refused.")
        else:
            await self._app(scope, receive, send)

    def host_allowed(self, header: str) -> bool:
        """Whether a Host header names this machine: loopback, or the address that was chosen to listen on."""
        try:
            name = urlsplit(f"//{header}").hostname or ""
        except ValueError:
            return False
        if hosts.is_loopback(name) or name == self._host:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return _is_wildcard(self._host) and name == socket.gethostname().lower()
        # With an address in Host, no name was looked up that could have been rebound.
        return not address.is_unspecified and _is_wildcard(self._host)


def _is_wildcard(host: str) -> bool:
    return host in ("0.0.0.0", "::")  # noqa: S104 - compared, not bound


def _own_page(headers: dict[str, str], host: str) -> bool:
    """Whether the request comes from the sandbox's own page or from no page at all."""
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
        return False
    return headers.get("sec-fetch-site", "") in _SAME_SITE


async def _refuse(send: Send, status: int, text: bytes) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, (b"connection", b"close")]})
    await send({"type": "http.response.body", "body": text})
