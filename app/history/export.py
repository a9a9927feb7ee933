"""The runs for programs: `robot history --json` and `--csv`. Names and order are documented (`docs/admin.md`)."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any, Final

from app.base.plain_text import log_text
from app.journal.records import Reported

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from app.journal.records import JobRecord, RunNotes

    Run = tuple[JobRecord, RunNotes | None]

FORMAT: Final = 1
KIND: Final = "robot-history"
COLUMNS: Final = (
    "guid",
    "name",
    "started",
    "ended",
    "seconds",
    "status",
    "outcome",
    "exit_code",
    "reason",
    "last_line",
    "reported",
    "orchestrator",
    "robot",
    "task_guid",
    "task_name",
    "done",
    "total",
    "progress",
    "result",
    "files",
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def as_values(job: JobRecord, notes: RunNotes | None = None) -> dict[str, Any]:
    """One run: moments in UTC, `seconds` None while it runs, `robot` the fingerprint of its GUID.

    What the script said of it stands behind that: `result` is a value, `files` names in the run's folder of evidence.
    """
    ended = job.ended_at
    return {
        "guid": job.guid,
        "name": job.name,
        "started": job.started_at.isoformat(timespec="milliseconds"),
        "ended": ended.isoformat(timespec="milliseconds") if ended else None,
        "seconds": max(0.0, round((ended - job.started_at).total_seconds(), 3)) if ended else None,
        "status": int(job.status) if job.status else None,
        "outcome": job.status.name.lower() if job.status else None,
        "exit_code": job.exit_code,
        "reason": job.reason,
        "last_line": job.last_line,
        "reported": Reported(job.reported).value,
        "orchestrator": job.origin.host,
        "robot": job.origin.fingerprint,
        "task_guid": notes.task_guid if notes else "",
        "task_name": notes.task_name if notes else "",
        "done": notes.done if notes else None,
        "total": notes.total if notes else None,
        "progress": notes.progress if notes else "",
        "result": json.loads(notes.result) if notes and notes.result else None,
        "files": list(notes.evidence) if notes else [],
    }


def as_json(runs: Iterable[Run], *, machine: str, user: str, made: datetime, plain: bool = False) -> Iterator[str]:
    """An object with `kind`, `format`, where and when it was made, and `runs`, newest first; piece by piece.

    `plain`: in nothing but ASCII, for a pipe, whose encoding is anybody's guess.
    """
    content = {
        "kind": KIND,
        "format": FORMAT,
        "machine": machine,
        "user": user,
        "made": made.isoformat(timespec="seconds"),
        "runs": [],
    }
    yield json.dumps(content, ensure_ascii=plain, indent=1).removesuffix("]\n}")
    before = ""
    for job, notes in runs:
        text = json.dumps(as_values(job, notes), ensure_ascii=plain, indent=1)
        yield f"{before}\n{text}".replace("\n", "\n  ")
        before = ","
    yield "\n ]\n}\n" if before else "]\n}\n"


def as_csv(runs: Iterable[Run]) -> Iterator[str]:
    """A table for spreadsheets, as RFC 4180 has them. What a script wrote is no formula: it gets an apostrophe."""
    yield _line(COLUMNS)
    for job, notes in runs:
        values = as_values(job, notes)
        values |= {"result": notes.result if notes else "", "files": "; ".join(values["files"])}
        yield _line(_cell(values[column]) for column in COLUMNS)


def _line(cells: Iterable[object]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = log_text(value)  # a table is also looked at on a console
    return f"'{text}" if value.startswith(_FORMULA) else text
