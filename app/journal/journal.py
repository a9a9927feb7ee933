"""The journal: one SQLite file that holds what must survive a crash.

The durability rule, and how it is kept: every method that changes something is one transaction, committed to the disk
(`synchronous=FULL`) when the method returns. A job is journaled before its process starts (`begin_job`), its outcome
before it is sent (`finish_job`), and a row leaves the outbox only by `delivered`, `dead_letter`, or because the job's
outcome supersedes it.

One connection behind one lock: any thread may call, one writes at a time.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from app.base.i18n import _
from app.journal import opening
from app.journal.errors import AlreadyKnownError, JournalError
from app.journal.records import JobRecord, OutboxRow, Reported
from app.orchestrator.vocabulary import FINAL_STATUSES, JobStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

_JOBS: Final = """
SELECT guid, name, process_version_guid, started_at, ended_at, status, exit_code, reason, last_line, log_file, pid,
    created_at, mark,
    CASE
        WHEN EXISTS(SELECT 1 FROM outbox o WHERE o.job_guid = jobs.guid AND NOT o.refused) THEN 'waiting'
        WHEN EXISTS(SELECT 1 FROM outbox o WHERE o.job_guid = jobs.guid AND o.status = coalesce(jobs.status, 8))
            THEN 'refused'
        ELSE 'delivered'
    END
FROM jobs
"""
_OUTBOX: Final = "SELECT id, job_guid, status, created_at, attempts, last_error FROM outbox"
_REPORT: Final = "INSERT INTO outbox(job_guid, status, created_at) VALUES (?, ?, ?)"


class Journal:
    """The jobs and the outbox of one robot.

    Attributes:
        set_aside: the earlier journal that could not be used and was replaced at opening, or None.
    """

    def __init__(self, db: sqlite3.Connection, path: Path, set_aside: Path | None = None) -> None:
        self.set_aside = set_aside
        self._db = db
        self._path = path
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path) -> Self:
        """The journal at `path`, made if there is none, replaced if it can't be used (then see `set_aside`).

        Raises:
            JournalError: nothing can be written there.
        """
        db, set_aside = opening.open_file(path)
        return cls(db, path, set_aside)

    @classmethod
    def open_to_read(cls, path: Path) -> Self:
        """The journal at `path` for looking only, also while a robot uses it; never replaces anything.

        Raises:
            JournalError: there is none, or it can't be read.
        """
        return cls(opening.open_to_read(path), path)

    def begin_job(
        self,
        order_guid: str,
        name: str,
        process_version_guid: str,
        mark: str,
        started_at: datetime,
        log_file: Path,
    ) -> None:
        """Journal a job that is about to start, with the report "In progress".

        Raises:
            AlreadyKnownError: the journal has this job; it must not be started.
            JournalError: it wasn't journaled; it must not be started.
        """
        started = _to_text(started_at)
        with self._transaction() as db:
            added = db.execute(
                "INSERT INTO jobs(guid, name, process_version_guid, mark, started_at, log_file)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT(guid) DO NOTHING",
                (order_guid, name, process_version_guid, mark, started, str(log_file)),
            )
            if not added.rowcount:
                raise AlreadyKnownError(
                    _("Job {guid} has been run by this robot before and is not run again.").format(guid=order_guid)
                )
            db.execute(_REPORT, (order_guid, JobStatus.IN_PROGRESS, started))

    def process_started(self, guid: str, pid: int, created_at: float) -> None:
        """Note the process of a job (`created_at`: seconds since 1970).

        Not waited for until it is on the disk: a power cut also ends the process, and after a crash of the robot alone
        the system's cache still has the row. The mark of `begin_job` identifies the process without it anyway.
        """
        with self._lock, self._errors():
            self._db.execute("PRAGMA synchronous = NORMAL")
            try:
                self._db.execute("UPDATE jobs SET pid = ?, created_at = ? WHERE guid = ?", (pid, created_at, guid))
            finally:
                self._db.execute("PRAGMA synchronous = FULL")

    def finish_job(
        self,
        guid: str,
        status: JobStatus,
        ended_at: datetime,
        exit_code: int | None,
        reason: str,
        last_line: str,
    ) -> None:
        """Journal the outcome of a job with its report; a waiting "In progress" is superseded.

        The first outcome stays: a job that is finished already (aborted by the end of the session while its script was
        just ending) is left as it is.
        """
        if status not in FINAL_STATUSES:
            raise ValueError(f"{status!r} is not a final status")
        ended = _to_text(ended_at)
        with self._transaction() as db:
            finished = db.execute(
                "UPDATE jobs SET status = ?, ended_at = ?, exit_code = ?, reason = ?, last_line = ?"
                " WHERE guid = ? AND status IS NULL",
                (status, ended, exit_code, reason, last_line, guid),
            )
            if not finished.rowcount:
                self._require(db, guid)
                return
            db.execute(
                "DELETE FROM outbox WHERE job_guid = ? AND status = ? AND NOT refused", (guid, JobStatus.IN_PROGRESS)
            )
            db.execute(_REPORT, (guid, status, ended))

    def outbox(self) -> list[OutboxRow]:
        """The reports to deliver, in order."""
        return [_outbox_row(row) for row in self._read(f"{_OUTBOX} WHERE NOT refused ORDER BY id")]

    def dead_letters(self) -> list[OutboxRow]:
        """The reports that the Orchestrator refused for good, in order."""
        return [_outbox_row(row) for row in self._read(f"{_OUTBOX} WHERE refused ORDER BY id")]

    def delivered(self, row_id: int) -> None:
        """The Orchestrator took this report (2xx). A row that was superseded meanwhile is no error."""
        self._write("DELETE FROM outbox WHERE id = ?", row_id)

    def attempt_failed(self, row_id: int, error: str) -> None:
        """Sending this report failed and is to be tried again."""
        self._write("UPDATE outbox SET attempts = attempts + 1, last_error = ? WHERE id = ?", error, row_id)

    def dead_letter(self, row_id: int, error: str) -> None:
        """The Orchestrator refused this report for good: it blocks nothing, and stays visible."""
        self._write(
            "UPDATE outbox SET attempts = attempts + 1, last_error = ?, refused = 1 WHERE id = ?", error, row_id
        )

    def report_again(self, guid: str) -> None:
        """Put the known outcome of a finished job into the outbox once more, in place of a refused one.

        Raises:
            JournalError: the job is unknown or not finished.
        """
        with self._transaction() as db:
            status = self._require(db, guid)
            if status is None:
                raise JournalError(_("Job {guid} has no outcome yet.").format(guid=guid))
            db.execute("DELETE FROM outbox WHERE job_guid = ?", (guid,))
            db.execute(_REPORT, (guid, status, _to_text(datetime.now(UTC))))

    def job(self, guid: str) -> JobRecord | None:
        """One job, if the journal has it."""
        rows = self._read(f"{_JOBS} WHERE guid = ?", guid)
        return _job_record(rows[0]) if rows else None

    def interrupted(self) -> list[JobRecord]:
        """The jobs that were begun and never finished, oldest first."""
        return [_job_record(row) for row in self._read(f"{_JOBS} WHERE status IS NULL ORDER BY id")]

    def jobs(self, since: datetime | None = None, limit: int | None = None) -> Iterator[JobRecord]:
        """The jobs that started at `since` or later, newest first, at most `limit`."""
        start = _to_text(since) if since else ""
        rows = self._read(
            f"{_JOBS} WHERE started_at >= ? ORDER BY id DESC LIMIT ?", start, -1 if limit is None else limit
        )
        return map(_job_record, rows)

    def close(self) -> None:
        """Close the file; further calls raise JournalError."""
        with self._lock, self._errors():
            self._db.close()

    def _require(self, db: sqlite3.Connection, guid: str) -> JobStatus | None:
        row = db.execute("SELECT status FROM jobs WHERE guid = ?", (guid,)).fetchone()
        if row is None:
            raise JournalError(_("Job {guid} is not in the journal.").format(guid=guid))
        return None if row[0] is None else JobStatus(row[0])

    def _read(self, query: str, *parameters: Any) -> list[Any]:
        with self._lock, self._errors():
            return self._db.execute(query, parameters).fetchall()

    def _write(self, statement: str, *parameters: Any) -> None:
        with self._lock, self._errors():
            self._db.execute(statement, parameters)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._errors():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:  # something above failed, the commit itself included
                    self._db.execute("ROLLBACK")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if opening.is_damage(error):
                with suppress(OSError):
                    opening.suspect_file(self._path).touch()
            raise JournalError(
                _("The journal {path} can't be read or written: {error}").format(
                    path=self._path, error=opening.reason(error)
                ),
                _("Free some disk space and close programs that keep the file open; the robot tries again."),
            ) from error


def _to_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _outbox_row(row: tuple[Any, ...]) -> OutboxRow:
    row_id, guid, status, created_at, attempts, last_error = row
    return OutboxRow(row_id, guid, JobStatus(status), datetime.fromisoformat(created_at), attempts, last_error)


def _job_record(row: tuple[Any, ...]) -> JobRecord:
    (guid, name, version, started, ended, status, exit_code, reason, last_line, log_file, pid, created, mark, told) = (
        row
    )
    return JobRecord(
        guid=guid,
        name=name,
        process_version_guid=version,
        started_at=datetime.fromisoformat(started),
        ended_at=datetime.fromisoformat(ended) if ended else None,
        status=None if status is None else JobStatus(status),
        exit_code=exit_code,
        reason=reason,
        last_line=last_line,
        log_file=Path(log_file),
        pid=pid,
        created_at=created,
        mark=mark,
        reported=Reported(told),
    )
