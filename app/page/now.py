"""What the robot does now, live, and what may be asked of it there: what the tray's menu offers, and no more."""

from __future__ import annotations

import re
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import JSONResponse
from starlette.routing import Route

from app.base.errors import RobotError
from app.base.i18n import _, current_language
from app.history.page import open_source
from app.page import present
from app.page.context import posted, render
from app.page.output import Piece, piece_of
from app.robot.state import RobotState

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from app.journal.records import JobRecord, Undelivered
    from app.page.context import PageContext

JOURNAL_SECONDS: Final = 2.0  # between two looks into the journal while nothing else changes
_RESTS: Final = 20  # times as long as a look took: ten thousand waiting changes keep no processor busy


def routes(context: PageContext) -> list[Route]:
    """`/now`, `/now/live`, and what is asked: `/now/stop`, `force-stop`, `pause`, `resume`, `cancel-leaving`."""
    now = _Now(context)
    return [
        Route("/now", now.page),
        Route("/now/live", now.live),
        *(Route(f"/now/{name}", _asking(ask), methods=["POST"]) for name, ask in now.wishes().items()),
    ]


def _asking(ask: Callable[[str], str]) -> Callable[[Request], Any]:
    """`ask` is handed the GUID of the job that was asked about; it says why it did nothing, or nothing."""

    async def asked(request: Request) -> Response:
        refusal = ask(str((await posted(request)).get("job", "")))
        return JSONResponse({"said": refusal}, 409 if refusal else 200)

    return asked


class _Now:
    def __init__(self, context: PageContext) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._looked_for: tuple[object, ...] = ()
        self._next_look = 0.0
        self._found: tuple[list[JobRecord], list[Undelivered], str] = ([], [], "")

    def page(self, request: Request) -> Response:
        """The page as it is now; its script goes on from there."""
        return render(request, "now.html", live=self._look("", 0))

    def live(self, request: Request) -> Response:
        """The same as JSON. `job` and `at` say which job's output is shown already, and up to which byte."""
        query = request.query_params
        at = query.get("at", "")
        return JSONResponse(self._look(query.get("job", ""), int(at) if re.fullmatch("[0-9]{1,18}", at) else 0))

    def wishes(self) -> dict[str, Callable[[str], str]]:
        """What may be asked, by the path."""
        controls = self._context.controls
        return {
            "stop": lambda job: self._about(job, controls.stop_job),
            "force-stop": lambda job: self._about(job, controls.abort_job),
            "pause": lambda _job: _done(controls.pause),
            "resume": lambda _job: _done(controls.resume),
            "cancel-leaving": lambda _job: self._cancel_leaving(),
        }

    def _about(self, guid: str, ask: Callable[[], None]) -> str:
        job = self._context.board.snapshot.job
        if job is None or job.guid != guid:  # the answer may come minutes later, when another job runs
            return _("That job has ended; nothing was asked of another one.")
        return _done(ask)

    def _cancel_leaving(self) -> str:
        if self._context.board.snapshot.state is not RobotState.LEAVING:
            return _("The robot doesn't log off now.")
        return _done(self._context.controls.cancel_leaving)

    def _look(self, shown_job: str, at: int) -> dict[str, Any]:
        context = self._context
        snapshot, clean, now, loaded = context.board.snapshot, context.redactor, context.clock.now(), context.loaded()
        paths, job = context.paths(), snapshot.job
        began = present.since(paths.status, present.state_name(snapshot)) if paths else None
        records, waiting, trouble = self._journal()
        output = piece_of(job.log_file, at if job.guid == shown_job else 0) if job else Piece(anew=True)
        return {
            "language": current_language(),
            "state": present.shown_state(snapshot, began, now, clean),
            "connection": present.shown_connection(snapshot, loaded, context.board.heard_at),
            "job": present.shown_job(job, now, clean) if job else None,
            "output": asdict(output),
            "leaving": present.shown_leaving(snapshot, now),
            "can": present.possible(snapshot),
            "waiting": present.shown_waiting(waiting, loaded, now, clean),
            "runs": present.shown_runs(records, job.guid if job else "", now, clean),
            "trouble": trouble,
        }

    def _journal(self) -> tuple[list[JobRecord], list[Undelivered], str]:
        """The newest runs, what waits, and why they can't be read; looked at anew when something has changed."""
        context = self._context
        paths, snapshot, seconds = context.paths(), context.board.snapshot, context.clock.monotonic()
        changed = (snapshot.job and snapshot.job.guid, snapshot.last, snapshot.undelivered, snapshot.strangers, paths)
        with self._lock:
            if changed != self._looked_for or seconds >= self._next_look:
                self._looked_for = changed
                try:
                    if paths is not None:
                        with open_source(paths.journal) as source:
                            self._found = source.newest(present.LAST_RUNS + 1), list(source.outbox()), ""
                except RobotError as error:
                    self._found = [], [], context.redactor(str(error))
                took = context.clock.monotonic() - seconds
                self._next_look = seconds + max(JOURNAL_SECONDS, _RESTS * took)
            return self._found


def _done(ask: Callable[[], None]) -> str:
    ask()
    return ""
