"""One run's own page, and what it has kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from app.base.errors import RobotError
from app.base.log_files import name_of
from app.history.evidence import kept_files, media_type, open_kept
from app.history.film import LastFilm, NoFilmError
from app.history.one_run import one_run
from app.history.page import open_source
from app.journal.reading import JournalReader
from app.page.context import render
from app.page.data import data_paths, ours
from app.page.files import download

if TYPE_CHECKING:
    from starlette.requests import Request

    from app.history.film import Picture
    from app.history.one_run import OneRun
    from app.page.context import PageContext


def routes(context: PageContext) -> list[Route]:
    """`/history/<guid>`, its files, and the pictures of its film."""
    pages = _RunPages(context)
    return [
        Route("/history/{guid}", pages.page),
        Route("/history/{guid}/files/{name}", pages.file),
        Route("/history/{guid}/film/{name}/{number:int}", pages.whole_picture),
        Route("/history/{guid}/film/{name}/{number:int}/small", pages.small_picture),
    ]


class _RunPages:
    def __init__(self, context: PageContext) -> None:
        self._context = context
        self._film = LastFilm()

    def page(self, request: Request) -> Response:
        """Everything about one run."""
        try:
            found = self._run(request.path_params["guid"])
        except RobotError as error:
            return render(request, "trouble.html", status=503, error=error)
        if found is None:
            raise HTTPException(404)
        film = found.film
        return render(
            request,
            "run.html",
            found=found,
            run=found.run,
            record=found.run.record,
            log_name=name_of(data_paths(self._context), found.run.record.log_file),
            pictures=self._pictures(found.run.record.guid, film.name) if film else [],
        )

    def file(self, request: Request) -> Response:
        """One of its files, to be saved; a picture can be shown as well."""
        guid, name = request.path_params["guid"], request.path_params["name"]
        try:
            return download(open_kept(data_paths(self._context).evidence, guid, name), name, media_type(name))
        except OSError:
            raise HTTPException(404) from None

    def whole_picture(self, request: Request) -> Response:
        """A picture of the film."""
        return Response(self._picture(request).whole, media_type="image/jpeg")

    def small_picture(self, request: Request) -> Response:
        """The same for the strip."""
        return Response(self._picture(request).small, media_type="image/jpeg")

    def _run(self, guid: str) -> OneRun | None:
        paths = data_paths(self._context)
        with open_source(paths.journal) as source:
            if not isinstance(source, JournalReader):
                return None
            return one_run(source, guid, paths.evidence, ours=ours(self._context))

    def _picture(self, request: Request) -> Picture:
        pictures = self._pictures(request.path_params["guid"], request.path_params["name"])
        number: int = request.path_params["number"]
        if number >= len(pictures):
            raise HTTPException(404)
        return pictures[number]

    def _pictures(self, guid: str, name: str) -> list[Picture]:
        """Those of a film; none if there is none, or it can't be read."""
        evidence = data_paths(self._context).evidence
        film = next((file for file in kept_files(evidence, guid) if file.name == name and file.is_film), None)
        if film is None:
            return []
        try:
            return self._film.pictures((guid, name, film.size), lambda: open_kept(evidence, guid, name))
        except (NoFilmError, OSError):
            return []
