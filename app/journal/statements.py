"""The journal's questions to SQLite, and how their rows become records."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.journal.records import JobRecord, OutboxRow, Reported
from app.orchestrator.origin import Origin
from app.orchestrator.vocabulary import JobStatus

if TYPE_CHECKING:
    import sqlite3

REPORTED: Final = """
    CASE
        WHEN EXISTS(SELECT 1 FROM outbox o WHERE o.job_guid = jobs.guid
            AND NOT o.dead AND NOT o.confirming AND o.refused_at IS NULL)
            OR EXISTS(SELECT 1 FROM script_changes c WHERE c.job_guid = jobs.guid AND NOT c.dead) THEN 'waiting'
        WHEN EXISTS(SELECT 1 FROM outbox o WHERE o.job_guid = jobs.guid
            AND (o.dead OR o.refused_at IS NOT NULL) AND NOT o.confirming AND o.status = coalesce(jobs.status, 8))
            OR EXISTS(SELECT 1 FROM script_changes c WHERE c.job_guid = jobs.guid AND c.dead) THEN 'refused'
        WHEN jobs.discarded THEN 'discarded'
        ELSE 'delivered'
    END
"""
JOBS: Final = f"""
SELECT guid, name, process_version_guid, started_at, ended_at, status, exit_code, reason, last_line, log_file, pid,
    created_at, mark, {REPORTED}, host, fingerprint
FROM jobs LEFT JOIN origins ON origins.id = jobs.origin
"""  # noqa: S608 - constants
OUTBOX: Final = """
SELECT outbox.id, job_guid, jobs.name, outbox.status, host, fingerprint, outbox.created_at, attempts, last_error,
    refused_at, dead, doubtful_until, confirming
FROM outbox LEFT JOIN jobs ON jobs.guid = outbox.job_guid LEFT JOIN origins ON origins.id = jobs.origin
"""
_REPORT: Final = "INSERT INTO outbox(job_guid, status, created_at, doubtful_until, supersedes) VALUES (?, ?, ?, ?, ?)"


def add_report(
    db: sqlite3.Connection,
    guid: str,
    status: JobStatus,
    created_at: str,
    doubtful_until: str | None = None,
    supersedes: int | None = None,
) -> None:
    """Put a report about a job behind all others."""
    db.execute(_REPORT, (guid, status, created_at, doubtful_until, supersedes))


def origin_id(db: sqlite3.Connection, origin: Origin) -> int:
    """The number of `origin`, which gets one if it has none."""
    of = (origin.host, origin.fingerprint)
    found = db.execute("SELECT id FROM origins WHERE host = ? AND fingerprint = ? ORDER BY id", of).fetchone()
    if found:
        return int(found[0])
    added = db.execute("INSERT INTO origins(host, fingerprint) VALUES (?, ?)", of).lastrowid
    assert added is not None  # noqa: S101 - for the type checker: an INSERT has one
    return added


def to_text(moment: datetime) -> str:
    """As the journal keeps moments: UTC, of equal length, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def outbox_row(row: tuple[Any, ...]) -> OutboxRow:
    """A row of `OUTBOX`."""
    (row_id, guid, name, status, host, fingerprint, created, attempts, error, refused, dead, doubtful, confirming) = row
    return OutboxRow(
        id=row_id,
        job_guid=guid,
        job_name=name or "",
        status=JobStatus(status),
        origin=Origin(host or "", fingerprint or ""),
        created_at=datetime.fromisoformat(created),
        attempts=attempts,
        last_error=error,
        refused_at=_moment(refused),
        dead=bool(dead),
        doubtful_until=_moment(doubtful),
        confirming=bool(confirming),
    )


def job_record(row: tuple[Any, ...]) -> JobRecord:
    """A row of `JOBS`."""
    (
        guid, name, version, started, ended, status, exit_code, reason, last_line, log_file, pid, created, mark, told,
        host, fingerprint,
    ) = row  # fmt: skip
    return JobRecord(
        guid=guid,
        name=name,
        process_version_guid=version,
        started_at=datetime.fromisoformat(started),
        ended_at=_moment(ended),
        status=None if status is None else JobStatus(status),
        exit_code=exit_code,
        reason=reason,
        last_line=last_line,
        log_file=Path(log_file),
        pid=pid,
        created_at=created,
        mark=mark,
        reported=Reported(told),
        origin=Origin(host or "", fingerprint or ""),
    )
