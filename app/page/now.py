"""What the robot does now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from app.page.context import render

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from app.page.context import PageContext


def routes(_context: PageContext) -> list[Route]:
    """`/now`."""
    return [Route("/now", _page)]


async def _page(request: Request) -> Response:
    return render(request, "now.html")
