"""Which part of the sandbox answers which path."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.sandbox.control import ControlApi
from app.sandbox.page import page
from app.sandbox.robot_api import RobotApi
from app.web.guard import FOREIGN_PAGE, SAFE_METHODS, Guard, Refusal, names_this_machine, of_own_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from app.sandbox.engine import Sandbox

_WRONG_HOST: Final = Refusal(421, b"This sandbox doesn't answer to that Host.")


def make_app(sandbox: Sandbox, host: str) -> ASGIApp:
    """The whole application.

    `/` is the page, `/sandbox/api/` the control API; everything else is what a robot asked for.

    Args:
        sandbox: what is served.
        host: the address that the server listens on.
    """
    own = Starlette(
        routes=[Route("/", page), *ControlApi(sandbox).routes],
        exception_handlers={HTTPException: _refuse},
    )
    robots = RobotApi(sandbox)

    async def route(scope: Scope, receive: Receive, send: Send) -> None:
        is_own = scope["path"] == "/" or scope["path"].startswith("/sandbox/")
        await (own if is_own else robots)(scope, receive, send)

    def judge(scope: Scope, headers: Mapping[str, str]) -> Refusal | None:
        if not names_this_machine(headers.get("host", ""), host):
            return _WRONG_HOST
        matters = scope["method"] not in SAFE_METHODS or scope["path"].startswith("/sandbox/")
        return FOREIGN_PAGE if matters and not of_own_page(headers) else None

    guarded = Guard(route, judge)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        # Only the server's shutdown cancels, after it has closed the connection: nothing is left to answer.
        with contextlib.suppress(asyncio.CancelledError):
            await guarded(scope, receive, send)

    return app


async def _refuse(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - the only kind that this handler is registered for
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)
