"""The runs for programs: `robot history --json` and `--csv`. Names and order are documented (`docs/admin.md`)."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any, Final

from app.journal.records import Reported

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from app.journal.records import JobRecord, RunNotes

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


def as_json(
    jobs: Iterable[JobRecord], notes: Mapping[str, RunNotes], *, machine: str, user: str, made: datetime
) -> str:
    """An object with `kind`, `format`, where and when it was made, and `runs`, newest first."""
    content = {
        "kind": KIND,
        "format": FORMAT,
        "machine": machine,
        "user": user,
        "made": made.isoformat(timespec="seconds"),
        "runs": [as_values(job, notes.get(job.guid)) for job in jobs],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def as_csv(jobs: Iterable[JobRecord], notes: Mapping[str, RunNotes]) -> str:
    """A table for spreadsheets, as RFC 4180 has them. What a script wrote is no formula: it gets an apostrophe."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for job in jobs:
        values = as_values(job, said := notes.get(job.guid))
        values |= {"result": said.result if said else "", "files": "; ".join(values["files"])}
        table.writerow(_cell(values[column]) for column in COLUMNS)
    return text.getvalue()


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
