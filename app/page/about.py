"""Which program this is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from app.page.context import render

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from app.page.context import PageContext


def routes(_context: PageContext) -> list[Route]:
    """`/about`."""
    return [Route("/about", _page)]


async def _page(request: Request) -> Response:
    return render(request, "about.html")
