"""Saves what can be read of a damaged journal into a fresh one.

Above all the jobs' GUIDs, so that none runs twice, the reports that wait, and what scripts asked to be changed. A job
of which an index alone still knows the GUID is written down as one whose outcome isn't known any more.
"""

from __future__ import annotations

import contextlib
import re
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from app.base.i18n import _
from app.journal.pages import Kind, rows_of
from app.journal.statements import to_text
from app.orchestrator.vocabulary import FINAL_STATUSES, JobStatus

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from app.journal.pages import Value

# Columns in the order of the file: a row that was written before a column was added ends before it.
_JOBS: Final = (
    "id",
    "guid",
    "name",
    "process_version_guid",
    "mark",
    "started_at",
    "log_file",
    "pid",
    "created_at",
    "ended_at",
    "status",
    "exit_code",
    "reason",
    "last_line",
    "origin",
    "discarded",
)
_OUTBOX: Final = (
    "id",
    "job_guid",
    "status",
    "created_at",
    "attempts",
    "last_error",
    "dead",
    "refused_at",
    "doubtful_until",
    "confirming",
    "supersedes",
)
_CHANGES: Final = ("id", "job_guid", "path", "fields", "created_at", "attempts", "last_error", "dead")
_FIRST_JOBS, _FIRST_OUTBOX = 14, 7  # how many of them version 1 had
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")
_FINGERPRINT: Final = re.compile(r"(?:[0-9a-f]{16})?")

_Fields = dict[str, "Value"]


def salvage(damaged: Path, fresh: sqlite3.Connection) -> int:
    """Fill `fresh` (open, without a job) with what is left in `damaged`; how many jobs that is.

    Raises:
        OSError: the file can't be read at all.
        sqlite3.Error: the fresh one can't be written.
    """
    if not damaged.is_file():
        return 0
    wal = b""
    with contextlib.suppress(OSError):
        wal = damaged.with_name(f"{damaged.name}-wal").read_bytes()
    found = _Found()
    for row in rows_of(damaged.read_bytes(), wal):
        if row.kind is Kind.TABLE_LEAF:
            found.take_row(row.rowid, row.values)
        else:
            found.take_key(row.values)
    fresh.execute("BEGIN IMMEDIATE")
    try:
        count = found.write(fresh, str(damaged.parent / "logs" / "lost.log"))
        fresh.execute("COMMIT")
    finally:
        if fresh.in_transaction:
            fresh.execute("ROLLBACK")
    return count


class _Found:
    """What the pages hold, jobs by GUID without case."""

    def __init__(self) -> None:
        self._jobs: dict[str, _Fields] = {}
        self._reports: dict[int, _Fields] = {}
        self._changes: dict[int, _Fields] = {}
        self._origins: dict[int, tuple[str, str]] = {}
        self._keys: set[tuple[str, int]] = set()

    def take_row(self, rowid: int, values: tuple[Value, ...]) -> None:
        """A table's row, whichever of the tables it looks like."""
        count = len(values)
        if count and values[0] is not None:  # every table of ours has the number of its rows outside of the record
            return
        fields: _Fields
        if _FIRST_JOBS <= count <= len(_JOBS) and _are_texts(values[1:7]) and _is_moment(values[5]):
            fields = dict(zip(_JOBS, values, strict=False)) | {"id": rowid}
            guid = str(fields["guid"]).lower()
            if guid not in self._jobs or self._jobs[guid]["status"] is None:  # of two, the one that knows the outcome
                self._jobs[guid] = fields
        elif _FIRST_OUTBOX <= count <= len(_OUTBOX) and _are_texts((values[1], values[5])) and _is_moment(values[3]):
            self._reports[rowid] = dict(zip(_OUTBOX, values, strict=False)) | {"id": rowid}
        elif count == len(_CHANGES) and _are_texts((*values[1:5], values[6])) and _is_moment(values[4]):
            self._changes[rowid] = dict(zip(_CHANGES, values, strict=True)) | {"id": rowid}
        elif count == 3 and _are_texts(values[1:]) and _FINGERPRINT.fullmatch(str(values[2])):  # noqa: PLR2004 - `origins`
            self._origins[rowid] = (str(values[1]), str(values[2]))

    def take_key(self, values: tuple[Value, ...]) -> None:
        """An index's entry: a job's GUID, and the number of a row."""
        if len(values) != 2 or _is_moment(values[0]):  # noqa: PLR2004 - see above
            return
        if isinstance(values[0], str) and isinstance(values[1], int):
            self._keys.add((values[0].lower(), values[1]))

    def write(self, db: sqlite3.Connection, lost_log: str) -> int:
        """Put everything into `db`; how many jobs."""
        for origin, (host, fingerprint) in self._origins.items():
            db.execute("INSERT OR REPLACE INTO origins VALUES (?, ?, ?)", (origin, host, fingerprint))
        reports = [report for report in self._reports.values() if report["status"] in {*FINAL_STATUSES, 8}]
        reports += self._lost_reports()
        finals = {str(r["job_guid"]).lower(): r for r in reports if r["status"] in FINAL_STATUSES}
        begun = {str(r["job_guid"]).lower() for r in reports}
        now = to_text(datetime.now(UTC))
        for guid, number in self._unread_jobs(reports).items():
            # One whose beginning waits to be told was running, unless its end waits as well.
            status = None if guid in begun else JobStatus.FAILED
            stub: _Fields = {"id": number, "guid": guid, "name": "?", "process_version_guid": "", "started_at": now}
            stub |= {"mark": secrets.token_hex(16), "log_file": lost_log, "origin": 1}
            self._jobs[guid] = stub | _lost(status, now)
        for guid, job in sorted(self._jobs.items(), key=lambda item: _number(item[1])):
            known = job["status"] is not None or guid not in finals
            self._insert_job(db, job if known else job | _lost(finals[guid]["status"], now))
        for report in sorted(reports, key=_number):
            guid = str(report["job_guid"]).lower()
            if report["status"] in FINAL_STATUSES or guid not in finals:
                _insert(db, "outbox", report)
        for change in sorted(self._changes.values(), key=_number):
            _insert(db, "script_changes", change)
        # What was said of a job's beginning has no place after its end.
        db.execute(
            "DELETE FROM outbox WHERE status = ? AND (SELECT status FROM jobs WHERE guid = job_guid) IS NOT NULL",
            (JobStatus.IN_PROGRESS,),
        )
        return int(db.execute("SELECT count(*) FROM jobs").fetchone()[0])

    def _lost_reports(self) -> list[_Fields]:
        """Those of which only the index of the outbox is left: it leads from a job's GUID to a number not the job's."""
        return [
            {"id": number, "job_guid": job["guid"], "status": job["status"] or 8, "created_at": job["started_at"]}
            for guid, number in self._keys
            if (job := self._jobs.get(guid)) and job["id"] != number and number not in self._reports
        ]

    def _unread_jobs(self, reports: list[_Fields]) -> dict[str, int | None]:
        """The GUIDs of jobs of which there is no row, with the row's number if an index has it."""
        unread: dict[str, int | None] = {}
        for guid, number in sorted(self._keys):  # of two numbers the smaller one: each job has one report or more
            if guid not in self._jobs:
                unread.setdefault(guid, number)
        for row in (*reports, *self._changes.values()):
            guid = str(row["job_guid"]).lower()
            if guid not in self._jobs:
                unread.setdefault(guid, None)
        return unread

    def _insert_job(self, db: sqlite3.Connection, job: _Fields) -> None:
        if job.get("origin") not in self._origins:
            job = job | {"origin": 1}
        if not _insert(db, "jobs", job):
            _insert(db, "jobs", job | {"id": None})  # two claim the same number: both GUIDs count


def _lost(status: Value, ended_at: str) -> _Fields:
    if status is None:
        return {"status": None}
    reason = _("The journal was damaged; how this job ended is not known any more.")
    return {"status": status, "ended_at": ended_at, "reason": reason}


def _insert(db: sqlite3.Connection, table: str, fields: _Fields) -> int:
    # What must not be empty and can't be read keeps the table's own default.
    known: dict[str, Any] = {
        key: value for key, value in fields.items() if value is not None or key in {"id", "status", "exit_code", "pid"}
    }
    statement = f"INSERT OR IGNORE INTO {table}({', '.join(known)}) VALUES ({', '.join('?' * len(known))})"  # noqa: S608 - the names are ours
    return db.execute(statement, tuple(known.values())).rowcount


def _number(fields: _Fields) -> int:
    number = fields["id"]
    return number if isinstance(number, int) else 0


def _are_texts(values: tuple[Value, ...]) -> bool:
    return all(isinstance(value, str) for value in values)


def _is_moment(value: Value) -> bool:
    return isinstance(value, str) and bool(_MOMENT.fullmatch(value))
