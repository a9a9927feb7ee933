"""Keeps web pages of other sites away from what is served here: DNS rebinding and cross-site requests."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from app.base import hosts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import ASGIApp, Receive, Scope, Send

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_SAME_SITE: Final = frozenset({"", "same-origin", "none"})


@dataclass(frozen=True)
class Refusal:
    """Why a request isn't passed on."""

    status: int
    text: bytes


FOREIGN_PAGE: Final = Refusal(403, b"Requests from pages of other sites are refused.")


class Guard:
    """Passes on what its judge lets in.

    Args:
        app: what is guarded.
        judge: says of a request (its scope, its headers by small name) why it is refused; None: it isn't.
    """

    def __init__(self, app: ASGIApp, judge: Callable[[Scope, Mapping[str, str]], Refusal | None]) -> None:
        self._app = app
        self._judge = judge

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        refusal = self._judge(scope, headers)
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await _refuse(send, refusal)


def names_this_machine(header: str, listening: str) -> bool:
    """Whether a Host header names this machine: loopback, or the address that was chosen to listen on.

    A page of another site that lets its own name point to this machine (DNS rebinding) still sends its own name as
    Host. https://owasp.org/www-community/attacks/DNS_Rebinding
    """
    listening = listening.lower()
    try:
        name = urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return False
    if hosts.is_loopback(name) or name == listening:
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return _is_wildcard(listening) and name == socket.gethostname().lower()
    # With an address in Host, no name was looked up that could have been rebound.
    return not address.is_unspecified and _is_wildcard(listening)


def _is_wildcard(host: str) -> bool:
    return host in ("0.0.0.0", "::")  # noqa: S104 - compared, not bound


def of_own_page(headers: Mapping[str, str]) -> bool:
    """Whether a request comes from a page that is served here, or from no page at all."""
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower():
        return False
    return headers.get("sec-fetch-site", "") in _SAME_SITE


async def _refuse(send: Send, refusal: Refusal) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(refusal.text)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": refusal.text})
