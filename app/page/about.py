"""Which program this is, where its files are, and its licences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app import __version__
from app.base.errors import RobotError
from app.base.i18n import _
from app.page.context import posted, render
from app.settings.loading import candidate_files

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request

    from app.page.context import PageContext


@dataclass(frozen=True)
class Place:
    """A file or a folder that can be shown by the system.

    Attributes:
        key: what a request names it by: it names no path.
        title: what it is.
        path: where it is.
        folder: what opens.
    """

    key: str
    title: str
    path: Path
    folder: Path


def routes(context: PageContext) -> list[Route]:
    """`/about`, the licences' texts, and folders to be opened on this machine."""
    about = _About(context)
    return [
        Route("/about", about.page),
        Route("/about/licences/{number:int}", about.licence),
        Route("/about/open", about.open, methods=["POST"]),
    ]


class _About:
    def __init__(self, context: PageContext) -> None:
        self._context = context

    def page(self, request: Request) -> Response:
        """Everything at a glance."""
        licences = [file.name for file in self._context.facts.licences()]
        return render(request, "about.html", version=__version__, places=self._places(), licences=licences)

    def licence(self, request: Request) -> Response:
        """One licence text."""
        files = self._context.facts.licences()
        number: int = request.path_params["number"]
        if number >= len(files):
            raise HTTPException(404)
        try:
            text = files[number].read_text("utf-8", errors="replace")
        except OSError:
            raise HTTPException(404) from None
        return render(request, "licence.html", name=files[number].name, text=text)

    async def open(self, request: Request) -> Response:
        """Show one of the places to whoever sits at this machine."""
        key = (await posted(request)).get("key")
        place = next((place for place in self._places() if place.key == key), None)
        if place is None:
            raise HTTPException(400)
        try:
            await run_in_threadpool(self._context.facts.open, place.folder)
        except RobotError as error:
            return JSONResponse({"error": str(error)}, 409)
        return JSONResponse({})

    def _places(self) -> list[Place]:
        loaded, paths = self._context.loaded(), self._context.paths()
        files = loaded.files if loaded else [file for file in candidate_files(self._context.config) if file.is_file()]
        places = [Place(f"settings-{at}", _("Settings"), file, file.parent) for at, file in enumerate(files)]
        if loaded:
            scripts = loaded.settings.scripts
            places.append(Place("scripts", _("Scripts"), scripts, scripts))
        if paths is not None:
            places.append(Place("data", _("Data"), paths.root, paths.root))
            places.append(Place("logs", _("Logs"), paths.logs, paths.logs))
        return places
