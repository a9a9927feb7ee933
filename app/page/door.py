"""Who is let in: this user's programs that have the page's token, and nobody else.

The token is the first part of each path. A cookie would not do: browsers send it to every port of this machine, also
to one where another user listens after the robot has gone.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from starlette.datastructures import MutableHeaders

from app.web.guard import FOREIGN_PAGE, Guard, Refusal, of_own_page
from app.web.peers import is_our_own

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_WRONG_HOST: Final = Refusal(421, b"This page doesn't answer to that Host.")
_NOTHING_HERE: Final = Refusal(404, b"There is nothing here.")
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}


def new_token() -> str:
    """32 characters that stand in an address as they are."""
    return secrets.token_urlsafe(24)


class Door:
    """Lets requests with the token in, without it, and sends what they get with headers that keep others out.

    Args:
        app: sees paths without the token.
        port: that the server listens on.
        on_visit: called for each request that is let in.
    """

    def __init__(self, app: ASGIApp, token: str, port: int, on_visit: Callable[[], None]) -> None:
        self._app = app
        self._token = token.encode()
        self._names = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        self._on_visit = on_visit
        self._guarded = Guard(self._inside, self._judge)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await self._guarded(scope, receive, send_guarded)

    def _judge(self, scope: Scope, headers: Mapping[str, str]) -> Refusal | None:
        if headers.get("host", "").lower() not in self._names:
            return _WRONG_HOST
        shown, slash, _rest = _raw_path(scope).removeprefix(b"/").partition(b"/")
        if not (secrets.compare_digest(shown, self._token) and slash and is_our_own(scope["client"], scope["server"])):
            return _NOTHING_HERE
        if not (of_own_page(headers) or _is_opened(scope, headers)):
            return FOREIGN_PAGE
        return None

    async def _inside(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._on_visit()
        raw = b"/" + _raw_path(scope).removeprefix(b"/").partition(b"/")[2]
        path = unquote(raw.decode("ascii", "replace"))
        await self._app({**scope, "path": path, "raw_path": raw}, receive, send)


def _raw_path(scope: Scope) -> bytes:
    raw: bytes = scope["raw_path"]
    return raw


def _is_opened(scope: Scope, headers: Mapping[str, str]) -> bool:
    """Whether a person opens it in a window of its own: from a file, or a link with the right token."""
    return (
        scope["method"] == "GET"
        and "origin" not in headers
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
    )
