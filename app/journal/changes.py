"""What changes jobs and reports together, as parts of one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.base.i18n import _
from app.journal import from_scripts
from app.journal.errors import AlreadyKnownError, JournalError
from app.journal.statements import add_report, origin_id
from app.orchestrator.vocabulary import JobStatus

if TYPE_CHECKING:
    import sqlite3

    from app.orchestrator.origin import Origin

Begun = tuple[str, str, str, str, str, str]  # GUID, name, process version, mark, start, log file


def begin(db: sqlite3.Connection, row: Begun, origin: Origin) -> None:
    """A job begins.

    Raises:
        AlreadyKnownError: it has begun before.
    """
    guid, _name, _version, _mark, started, _log_file = row
    added = db.execute(
        "INSERT INTO jobs(guid, name, process_version_guid, mark, started_at, log_file, origin)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT(guid) DO NOTHING",
        (*row, origin_id(db, origin)),
    )
    if not added.rowcount:
        raise AlreadyKnownError(
            _("Job {guid} has been run by this robot before and is not run again.").format(guid=guid)
        )
    add_report(db, guid, JobStatus.IN_PROGRESS, started)


def finish(db: sqlite3.Connection, row: tuple[JobStatus, str, int | None, str, str, str]) -> None:
    """A job ends, unless it has: `row` is status, end, exit code, reason, last line, GUID.

    Raises:
        JournalError: there is no such job.
    """
    status, ended, *_rest, guid = row
    finished = db.execute(
        "UPDATE jobs SET status = ?, ended_at = ?, exit_code = ?, reason = ?, last_line = ?, discarded = 0"
        " WHERE guid = ? AND status IS NULL",
        row,
    )
    if not finished.rowcount:
        _require(db, guid)
        return
    waiting = "FROM outbox WHERE job_guid = ? AND status = ? AND NOT dead"
    in_progress = (guid, JobStatus.IN_PROGRESS)
    row_id, doubtful = db.execute(f"SELECT max(id), max(doubtful_until) {waiting}", in_progress).fetchone()
    db.execute(f"DELETE {waiting}", in_progress)
    add_report(db, guid, status, ended, doubtful, row_id)


def did_not_run(db: sqlite3.Connection, row: Begun, status: JobStatus, origin: Origin) -> None:
    """A job has begun and ended without being run. Of one that is known after all the outcome is reported again."""
    guid, *_rest, at, _log_file = row
    try:
        begin(db, row, origin)
    except AlreadyKnownError:
        if _require(db, guid) is not None:
            report_again(db, guid, origin, at)
            return
    finish(db, (status, at, None, _("This job could not be started."), "", guid))


def report_again(db: sqlite3.Connection, guid: str, origin: Origin | None, now: str) -> None:
    """The outcome of a job is new in the outbox; `origin` is whose it is from now on.

    Raises:
        JournalError: there is no such job, or no outcome.
    """
    status = _require(db, guid)
    if status is None:
        raise JournalError(_("Job {guid} has no outcome yet.").format(guid=guid))
    # With what is doubted: the next start, and an attempt at it that ends only now, know it by that.
    doubt = "SELECT max(doubtful_until), max(supersedes) FROM outbox WHERE job_guid = ?"
    doubtful, supersedes = db.execute(doubt, (guid,)).fetchone()
    db.execute("DELETE FROM outbox WHERE job_guid = ?", (guid,))
    db.execute("UPDATE jobs SET discarded = 0 WHERE guid = ?", (guid,))
    if origin:
        db.execute("UPDATE jobs SET origin = ? WHERE guid = ?", (origin_id(db, origin), guid))
    add_report(db, guid, status, now, doubtful, supersedes)


def retry(db: sqlite3.Connection, guid: str | None) -> int:
    """Refused reports (of one job, or all) are as new; how many."""
    # What was said of a job's beginning has no place after its end.
    db.execute(
        "DELETE FROM outbox WHERE (dead OR refused_at IS NOT NULL) AND (? IS NULL OR job_guid = ?)"
        " AND status = ? AND (SELECT status FROM jobs WHERE guid = job_guid) IS NOT NULL",
        (guid, guid, JobStatus.IN_PROGRESS),
    )
    reports = db.execute(
        "UPDATE outbox SET dead = 0, refused_at = NULL, attempts = 0"
        " WHERE (dead OR refused_at IS NOT NULL) AND (? IS NULL OR job_guid = ?)",
        (guid, guid),
    ).rowcount
    return reports + from_scripts.retry(db, guid)


def discard(db: sqlite3.Connection, guid: str) -> int:
    """The reports of a job, and what its script asked for, are gone, and its history says so; how many there were."""
    dropped = db.execute("DELETE FROM outbox WHERE job_guid = ?", (guid,)).rowcount + from_scripts.discard(db, guid)
    if dropped:
        db.execute("UPDATE jobs SET discarded = 1 WHERE guid = ?", (guid,))
    return dropped


def _require(db: sqlite3.Connection, guid: str) -> JobStatus | None:
    """The final status of a job that must be there; None if it has none yet."""
    row = db.execute("SELECT status FROM jobs WHERE guid = ?", (guid,)).fetchone()
    if row is None:
        raise JournalError(_("Job {guid} is not in the journal.").format(guid=guid))
    return None if row[0] is None else JobStatus(row[0])
