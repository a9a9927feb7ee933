"""Which part of the sandbox answers which path."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.sandbox.control import ControlApi
from app.sandbox.guard import Guard
from app.sandbox.page import page
from app.sandbox.robot_api import RobotApi

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from app.sandbox.engine import Sandbox


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

    guarded = Guard(route, host)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        # Only the server's shutdown cancels, after it has closed the connection: nothing is left to answer.
        with contextlib.suppress(asyncio.CancelledError):
            await guarded(scope, receive, send)

    return app


async def _refuse(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - the only kind that this handler is registered for
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)
