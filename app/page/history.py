"""Past runs: the page of `app.history`, which grows as it is looked at, and as runs come."""

from __future__ import annotations

import tempfile
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.base.errors import RobotError
from app.history.assets import asset
from app.history.live import EXCERPT, Piece, piece
from app.history.overview import NAME_LIMIT, overview
from app.history.page import open_source
from app.journal.reading import JournalReader
from app.page import run
from app.page.context import render
from app.page.data import data_paths, ours
from app.page.files import saved_as

if TYPE_CHECKING:
    from starlette.requests import Request

    from app.page.context import PageContext


def routes(context: PageContext) -> list[Route]:
    """`/history` and what belongs to it; `/history/<guid>` is one run's own."""
    return [
        Route("/history", _page),
        Route("/history/rows", _rows),
        Route("/history/mark", _mark),
        Route("/history/export", _export),
        Route("/parts/history.css", _style),
        Route("/parts/history.js", _script),
        *run.routes(context),
    ]


def _page(request: Request) -> Response:
    context: PageContext = request.app.state.context
    try:
        paths = data_paths(context)
        with open_source(paths.journal) as source:
            values = overview(source, now=context.clock.now(), ours=ours(context))
            listed = piece(source, paths.evidence)
            mark = source.mark() if isinstance(source, JournalReader) else ""
    except RobotError as error:
        return render(request, "trouble.html", status=503, error=error)
    return render(request, "history.html", mark=mark, **values | _list(listed))


def _rows(request: Request) -> Response:
    """The days before a moment, as markup for the list."""
    context: PageContext = request.app.state.context
    before = request.query_params.get("before", "")
    try:
        datetime.fromisoformat(before)
    except ValueError:
        raise HTTPException(400) from None
    try:
        paths = data_paths(context)
        with open_source(paths.journal) as source:
            listed = piece(source, paths.evidence, before)
    except RobotError:
        raise HTTPException(503) from None
    return render(request, "rows.html", name_limit=NAME_LIMIT, **_list(listed))


def _mark(request: Request) -> Response:
    """Says whether there is anything new."""
    context: PageContext = request.app.state.context
    try:
        with open_source(data_paths(context).journal) as source:
            return JSONResponse({"mark": source.mark() if isinstance(source, JournalReader) else ""})
    except RobotError:
        raise HTTPException(503) from None


def _export(request: Request) -> Response:
    """The one file that `robot history --output` writes."""
    context: PageContext = request.app.state.context
    try:
        with tempfile.TemporaryDirectory(prefix="robot-history-") as folder:  # this user's alone
            file = Path(folder) / "history.html"
            context.facts.write_history(file, data_paths(context).root)
            page = file.read_bytes()
    except RobotError as error:
        return render(request, "trouble.html", status=503, error=error)
    except OSError:
        raise HTTPException(503) from None
    name = f"history-{context.clock.now().astimezone():%Y-%m-%d}.html"
    return Response(page, media_type="application/octet-stream", headers=saved_as(name))


@cache
def _text(*names: str) -> str:
    return str(asset(*names).text)


async def _style(_request: Request) -> Response:
    return Response(_text("outcomes.css", "history.css"), media_type="text/css")


async def _script(_request: Request) -> Response:
    return Response(_text("history.js"), media_type="text/javascript")


def _list(listed: Piece) -> dict[str, Any]:
    return {
        "live": True,
        "shown_days": listed.shown_days,
        "listed_runs": listed.runs,
        "before": listed.before,
        "notes": listed.notes,
        "kept": listed.kept,
        "tails": {},
        "excerpt_limit": EXCERPT,
    }
