"""The page's application: its sections, its files, and what it says when something isn't there."""

from __future__ import annotations

import asyncio
import contextlib
from functools import cache
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from app.base.i18n import _
from app.page import about, check, history, logs, now, settings
from app.page.context import FOLDER, pages, render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

    from app.page.context import PageContext

_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def make_app(context: PageContext) -> ASGIApp:
    """Everything behind the door; paths begin behind the token."""
    own = Starlette(
        routes=[
            Route("/", _first),
            Route("/alive", _alive),
            Route("/static/{name}", _static),
            *(route for section in (now, history, logs, check, settings, about) for route in section.routes(context)),
        ],
        exception_handlers={HTTPException: _refuse},
    )
    own.router.redirect_slashes = False  # it would write an absolute address, without the token
    own.state.context = context
    own.state.pages = pages()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        # Only the server's shutdown cancels, after it has closed the connection: nothing is left to answer.
        with contextlib.suppress(asyncio.CancelledError):
            await own(scope, receive, send)

    return app


async def _first(_request: Request) -> Response:
    return RedirectResponse("now", 303)


async def _alive(_request: Request) -> Response:
    """For an open tab: the robot is there, and somebody looks."""
    return JSONResponse({})


async def _static(request: Request) -> Response:
    found = _files().get(request.path_params["name"])
    if found is None:
        raise HTTPException(404)
    content, media_type = found
    return Response(content, media_type=media_type)


@cache
def _files() -> Mapping[str, tuple[bytes, str]]:
    """The page's own files by name: nothing else can be asked for, whatever a path says."""
    return {
        file.name: (file.read_bytes(), _TYPES[file.suffix])
        for file in sorted((FOLDER / "static").iterdir())
        if file.suffix in _TYPES
    }


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - the only kind that this handler is registered for
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        text = _("There is no such page.") if error.status_code == 404 else error.detail  # noqa: PLR2004 - HTTP's
        return render(request, "missing.html", status=error.status_code, text=text)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)
