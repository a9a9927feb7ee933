"""The robot's log, with its earlier days, and those of jobs: lists, one log from its end, a search through all."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.base.log_files import is_own, job_logs, open_log, robot_logs
from app.base.log_reading import LEVELS, Wanted, entries_after, entries_before
from app.base.log_search import search
from app.base.plain_text import printable
from app.page.context import render
from app.page.data import data_paths
from app.page.files import download

if TYPE_CHECKING:
    from typing import BinaryIO

    from starlette.requests import Request

    from app.base.log_files import LogFile
    from app.base.log_reading import Entry
    from app.page.context import PageContext

_LISTED: Final = 50
_ENTRIES: Final = 300
_BEFORE_THE_ONE: Final = 40  # entries that are shown before one that a link leads to
_LONGEST_LINE: Final = 1 << 16  # bytes; of a longer one nobody waits for the end
_LONGEST_TEXT: Final = 200  # characters of what is searched for


@dataclass(frozen=True)
class ShownEntry:
    """An entry as it stands on the page: masked, with the way to it."""

    at: int
    text: str
    level: str
    left_out: int
    name: str = ""


@dataclass(frozen=True)
class ListedLog:
    """A log as it stands in a list; `short`: its name without the folder, `changed`: in the reader's time."""

    name: str
    short: str
    size: int
    changed: datetime


def _listed(log: LogFile) -> ListedLog:
    changed = datetime.fromtimestamp(log.changed, UTC).astimezone()
    return ListedLog(log.name, printable(log.name.rpartition("/")[2]), log.size, changed)


def routes(context: PageContext) -> list[Route]:
    """`/logs` and what belongs to it."""
    logs = _Logs(context)
    return [
        Route("/logs", logs.lists),
        Route("/logs/search", logs.search),
        Route("/logs/view", logs.view),
        Route("/logs/lines", logs.lines),
        Route("/logs/download", logs.download),
    ]


class _Logs:
    def __init__(self, context: PageContext) -> None:
        self._context = context

    def lists(self, request: Request) -> Response:
        """Which there are."""
        paths = data_paths(self._context)
        found, more = job_logs(paths, request.query_params.get("before", ""), most=_LISTED)
        return render(
            request,
            "logs.html",
            own=[_listed(log) for log in robot_logs(paths)],
            jobs=[_listed(log) for log in found],
            more=found[-1].name if more else "",
            wanted=Wanted(),
            inside="robot",
        )

    def search(self, request: Request) -> Response:
        """One portion of a search through all of them."""
        wanted, inside = _wanted(request), request.query_params.get("in", "robot")
        before = request.query_params.get("before", "")
        portion = search(
            data_paths(self._context),
            wanted,
            jobs=inside == "jobs",
            name=request.query_params.get("name", ""),
            before=_place(before) if before else None,
        )
        asked = {"text": wanted.text, "level": wanted.level, "in": inside}
        further = {"name": portion.next_name}
        if portion.next_before is not None:
            further["before"] = str(portion.next_before)
        return render(
            request,
            "logs-search.html",
            hits=[
                (name, printable(name), [self._shown(hit.entry, name) for hit in hits])
                for name, hits in groupby(portion.hits, key=lambda hit: hit.name)
            ],
            portion=portion,
            more=urlencode({**asked, **further}) if portion.next_name else "",
            wanted=wanted,
            inside=inside,
        )

    def view(self, request: Request) -> Response:
        """One log, from its end or around a place."""
        name, wanted = request.query_params.get("file", ""), _wanted(request)
        at, before = (request.query_params.get(key, "") for key in ("at", "before"))
        own = is_own(name)
        wanted = Wanted(wanted.text, wanted.level if own else "", whole_entries=own)
        with self._open(name) as stream:
            size = os.fstat(stream.fileno()).st_size
            after = size
            if at:
                place = min(_place(at), size)
                behind, after = entries_after(stream, place, size, own_levels=own)
                found = entries_before(stream, place, Wanted(whole_entries=own), most=_BEFORE_THE_ONE, own_levels=own)
                entries = [*found.entries, *behind[:_ENTRIES]]
                if len(behind) > _ENTRIES:
                    after = behind[_ENTRIES].at
            else:
                end = min(_place(before), size) if before else size
                found = entries_before(stream, end, wanted, most=_ENTRIES, own_levels=own)
                entries = found.entries
                after = end
                if end == size and entries and not (wanted.text or wanted.level):
                    after = _behind(stream, entries[-1].at, size)
        return render(
            request,
            "logs-view.html",
            name=name,
            shown_name=printable(name.rpartition("/")[2]),
            entries=[self._shown(entry) for entry in entries],
            before=found.before,
            after=after,
            at=int(at) if at else -1,
            size=size,
            own=own,
            wanted=wanted,
            levels=LEVELS,
            filtered=bool(wanted.text or wanted.level),
            asked=urlencode({"file": name, "text": wanted.text, "level": wanted.level}),
        )

    def lines(self, request: Request) -> Response:
        """What has come behind a place, as JSON: `entries`, `after`; `shrunk` if the file isn't that long any more."""
        name, after = request.query_params.get("file", ""), _place(request.query_params.get("after", ""))
        with self._open(name) as stream:
            size = os.fstat(stream.fileno()).st_size
            entries, after_them = entries_after(stream, after, size, own_levels=is_own(name))
        shown = [vars(self._shown(entry)) for entry in entries[-_ENTRIES:]]
        skipped = len(entries) - len(shown)
        return JSONResponse({"entries": shown, "after": after_them, "skipped": skipped, "shrunk": size < after})

    def download(self, request: Request) -> Response:
        """A whole one."""
        name = request.query_params.get("file", "")
        return download(self._open(name), name.rpartition("/")[2], "text/plain")

    def _open(self, name: str) -> BinaryIO:
        try:
            return open_log(data_paths(self._context), name)
        except (OSError, ValueError):
            raise HTTPException(404) from None

    def _shown(self, entry: Entry, name: str = "") -> ShownEntry:
        return ShownEntry(entry.at, self._context.redactor(entry.text), entry.level, entry.left_out, name)


def _behind(stream: BinaryIO, last: int, size: int) -> int:
    """Where to go on: a line that is still being written comes once more when it is whole."""
    stream.seek(size - 1)
    return size if size - last > _LONGEST_LINE or stream.read(1) == b"\n" else last


def _wanted(request: Request) -> Wanted:
    level = request.query_params.get("level", "")
    text = request.query_params.get("text", "").strip()[:_LONGEST_TEXT]
    return Wanted(text, level if level in LEVELS else "")


def _place(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:  # noqa: PLR2004 - more than any file has bytes
        raise HTTPException(400)
    return int(text)
