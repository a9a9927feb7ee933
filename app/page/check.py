"""Whether this machine is ready: `robot check` as a table, made on a thread of its own when somebody asks."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.base.i18n import _
from app.base.plain_text import log_text
from app.check import report
from app.check.findings import Level
from app.page.context import posted, render

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.requests import Request

    from app.check.findings import Finding
    from app.page.context import PageContext

log = logging.getLogger("robot.page")


def routes(context: PageContext) -> list[Route]:
    """`/check`, its beginning and how far it is."""
    check = _Check(context)
    return [
        Route("/check", _page),
        Route("/check/run", check.run, methods=["POST"]),
        Route("/check/state", check.state),
    ]


async def _page(request: Request) -> Response:
    return render(request, "check.html")


@dataclass
class _Run:
    """One check: what it has found so far."""

    findings: list[Finding] = field(default_factory=list)
    ended_at: datetime | None = None
    failed: bool = False


class _Check:
    """One at a time; the last one's outcome stays."""

    def __init__(self, context: PageContext) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._run: _Run | None = None

    async def run(self, request: Request) -> Response:
        """Begin, if none is going on."""
        await posted(request)
        with self._lock:
            if self._run is None or self._run.ended_at is not None:
                self._run = run = _Run()
                threading.Thread(target=self._look, args=(run,), name="page check", daemon=True).start()
        return self._answer()

    async def state(self, _request: Request) -> Response:
        """`going_on`, `rows` so far; at the end `summary`, `text` and `time` as well."""
        return self._answer()

    def _look(self, run: _Run) -> None:
        try:
            for finding in self._context.facts.check():
                run.findings.append(finding)
        except Exception:  # a probe that nobody foresaw: what was found before it is shown
            log.exception("The check could not be finished")
            run.failed = True
        finally:
            run.ended_at = self._context.clock.now()

    def _answer(self) -> Response:
        run = self._run
        if run is None:
            return JSONResponse({"begun": False, "going_on": False, "rows": []})
        ended_at = run.ended_at  # first: what is found later doesn't belong to an end
        findings = list(run.findings)
        values: dict[str, Any] = {
            "begun": True,
            "going_on": ended_at is None,
            "rows": [self._row(finding) for finding in findings],
        }
        if ended_at is not None:
            worst = next(
                (level for level in (Level.ERROR, Level.WARNING) if level in {f.level for f in findings}), None
            )
            values |= {
                "summary": _("The check could not be finished.") if run.failed else report.summary(findings),
                "level": (Level.ERROR if run.failed else worst or Level.OK).value,
                "text": report.as_text(findings, self._context.redactor),
                "time": f"{ended_at.astimezone():%H:%M}",
            }
        return JSONResponse(values)

    def _row(self, finding: Finding) -> dict[str, str]:
        masked = self._context.redactor
        return {
            "level": finding.level.value,
            "word": _words(finding.level),
            "title": report.title(finding.name),
            "message": masked(log_text(finding.message)),
            "remedy": masked(log_text(finding.remedy)),
        }


def _words(level: Level) -> str:
    return {
        Level.OK: _("fine"),
        Level.WARNING: _("take a look"),
        Level.ERROR: _("wrong"),
        Level.SKIPPED: _("not looked at"),
    }[level]
