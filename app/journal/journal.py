"""The journal: one SQLite file that holds what must survive a crash.

The durability rule, and how it is kept: every method that changes something is one transaction, committed to the disk
(`synchronous=FULL`) when the method returns. A job is journaled before its process starts (`begin_job`), its outcome
before it is sent (`finish_job`), and a report leaves the outbox only because its Orchestrator has taken it
(`delivered`, `confirmed`), because the job's outcome supersedes it, or because a person gives it up (`discard`).

What is only noted about a report or a process (`attempt_failed`, `delivered`, … `process_started`) never ends anything:
if the file doesn't take it within two seconds, it is kept in memory and written with the next access that succeeds.

Every access goes through the gate: any thread may call, one at a time reaches the file. `robot outbox` writes to the
same file from a process of its own, so nothing is cached.
"""

from __future__ import annotations

import logging
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from app.journal import changes, opening, sums
from app.journal.access import NOTE_SECONDS, Access, Step
from app.journal.errors import JournalError
from app.journal.from_scripts import FromScripts, by_run
from app.journal.gate import Gate
from app.journal.statements import JOBS, OUTBOX, job_record, outbox_row, to_text
from app.orchestrator.vocabulary import FINAL_STATUSES, JobStatus

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from app.journal.records import JobRecord, OutboxRow, Undelivered
    from app.orchestrator.origin import Origin

log = logging.getLogger("robot.journal")


class Journal:
    """The jobs and the outbox of one robot.

    Attributes:
        set_aside: the earlier journal that was damaged and was replaced at opening, or None.
        salvaged: how many of its jobs the present one took over.
        gate: what all accesses wait at.
        scripts: what scripts asked for, and said of their runs.
    """

    def __init__(
        self, opened: opening.Opened, path: Path, gate: Gate, reopen: Callable[[], sqlite3.Connection] | None = None
    ) -> None:
        self.set_aside = opened.set_aside
        self.salvaged = opened.salvaged
        self.gate = gate
        self._file = Access(opened.db, path, gate, reopen)
        self.scripts = FromScripts(self._file)

    @classmethod
    def open(cls, path: Path, gate: Gate | None = None, origin: Origin | None = None) -> Self:
        """The journal at `path`, made if there is none, replaced if it is damaged (then see `set_aside`).

        Args:
            path: its folder is made if it isn't there.
            gate: waits while the file is busy or the disk full; without one that is an error after a few seconds.
            origin: whose the jobs are that an earlier version wrote down without saying whose.

        Raises:
            JournalVersionError: a later version of the robot wrote it.
            JournalError: nothing can be written there.
        """
        gate = gate or Gate.hurried()
        return cls(opening.open_file(path, gate, origin), path, gate, lambda: opening.open_now(path, origin).db)

    @classmethod
    def open_to_read(cls, path: Path) -> Self:
        """The journal at `path` for looking only, also while a robot uses it; never replaces anything.

        Raises:
            JournalError: there is none, or it can't be read.
        """
        return cls(opening.Opened(opening.open_to_read(path)), path, Gate.hurried())

    @classmethod
    def open_to_change(cls, path: Path) -> Self:
        """The journal at `path` for a person's wish, also while a robot uses it; never replaces or migrates anything.

        Raises:
            JournalVersionError: a later version of the robot wrote it.
            JournalError: there is none, or it can't be written.
        """
        return cls(opening.Opened(opening.open_to_change(path)), path, Gate.hurried())

    def begin_job(
        self,
        order_guid: str,
        name: str,
        process_version_guid: str,
        mark: str,
        started_at: datetime,
        log_file: Path,
        origin: Origin,
        patience: float = 60.0,
    ) -> None:
        """Journal a job that is about to start, with the report "In progress".

        `origin` is the Orchestrator that handed it out; `patience` is how many seconds a busy file or a full disk is
        waited for.

        Raises:
            AlreadyKnownError: the journal has this job; it must not be started.
            JournalError: it wasn't journaled; it must not be started.
        """
        row = (order_guid, name, process_version_guid, mark, to_text(started_at), str(log_file))
        self._file.write(lambda db: changes.begin(db, row, origin), patience)

    def process_started(self, guid: str, pid: int, created_at: float) -> None:
        """Note the process of a job (`created_at`: seconds since 1970).

        Not waited for until it is on the disk: a power cut also ends the process, and after a crash of the robot alone
        the system's cache still has the row. The mark of `begin_job` identifies the process without it anyway.
        """
        self._file.note_unsynced(Step("UPDATE jobs SET pid = ?, created_at = ? WHERE guid = ?", pid, created_at, guid))

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
        just ending) is left as it is. If an attempt to report "In progress" may still be carried out, the outcome's
        report is doubtful for as long.

        Raises:
            JournalError: the job is unknown, or the file was busy or the disk full until the gate was hurried.
        """
        if status not in FINAL_STATUSES:
            raise ValueError(f"{status!r} is not a final status")
        row = (status, to_text(ended_at), exit_code, reason, last_line, guid)
        self._file.write(lambda db: changes.finish(db, row))

    def did_not_run(self, begun: changes.Begun, status: JobStatus, origin: Origin, patience: float) -> None:
        """Journal what is said of a job that could not be journaled before; JournalError after `patience` seconds."""
        self._file.write(lambda db: changes.did_not_run(db, begun, status, origin), patience)

    def outbox(self, origin: Origin | None = None) -> list[OutboxRow]:
        """What is to be delivered to `origin` (None: to anybody), in order: what waits, was refused, or is to confirm.

        Raises:
            JournalError: the file was busy until the gate was hurried.
        """
        if origin is None:
            return self._outbox("WHERE NOT dead ORDER BY outbox.id")
        return self._outbox(
            "WHERE NOT dead AND host = ? AND fingerprint = ? ORDER BY outbox.id", origin.host, origin.fingerprint
        )

    def dead_letters(self) -> list[OutboxRow]:
        """The reports that were refused until they were given up, in order."""
        return self._outbox("WHERE dead ORDER BY outbox.id")

    def undelivered(self) -> list[Undelivered]:
        """Everything that was not taken yet, dead letters as well, run by run in order; for people."""
        reports = sorted([*self.outbox(), *self.dead_letters()], key=lambda row: row.id)
        return by_run(reports, self.scripts.listed())

    def delivered(self, row_id: int) -> None:
        """The Orchestrator took this report (2xx). One that was superseded meanwhile is no error.

        If an earlier attempt may still be carried out, it stays `confirming`, until `confirmed`. Neither is waited for
        until it is on the disk: a power cut that takes it back lets the report be sent once more, saying the same.
        """
        self._file.note(
            Step("DELETE FROM outbox WHERE id = ? AND doubtful_until IS NULL", row_id),
            Step("UPDATE outbox SET confirming = 1, dead = 0, refused_at = NULL, last_error = '' WHERE id = ?", row_id),
            synced=False,
        )

    def confirmed(self, row_id: int) -> None:
        """The Orchestrator took this report when no earlier attempt could be carried out any more; as `delivered`."""
        self._file.note(Step("DELETE FROM outbox WHERE id = ?", row_id), synced=False)

    def attempt_failed(self, row_id: int, error: str, doubtful_until: datetime | None = None) -> None:
        """Sending this report failed and is to be tried again.

        Args:
            row_id: may have been superseded meanwhile; then its doubt is the outcome's.
            error: how.
            doubtful_until: until when the attempt may still be carried out; None if it surely is not.
        """
        doubtful = to_text(doubtful_until) if doubtful_until else ""
        self._file.note(
            Step("UPDATE outbox SET attempts = attempts + 1, last_error = ? WHERE id = ?", error, row_id),
            Step(
                "UPDATE outbox SET doubtful_until = nullif(max(coalesce(doubtful_until, ''), ?), '')"
                " WHERE id = ? OR supersedes = ?",
                doubtful,
                row_id,
                row_id,
            ),
        )

    def doubt_in_progress(self, until: datetime) -> None:
        """A robot that died may have been sending "In progress": until then it may be carried out, of any job.

        A robot that starts on a full disk doesn't wait with its first read for this: it comes before the next write, as
        which the outcome of such a job is written down, or noted that it was taken.
        """
        self._file.note_unsynced(
            Step(
                "UPDATE outbox SET doubtful_until = max(coalesce(doubtful_until, ''), ?)"
                " WHERE status = ? OR supersedes IS NOT NULL",
                to_text(until),
                JobStatus.IN_PROGRESS,
            ),
            keep=True,
        )

    def refused(self, row_id: int, error: str, at: datetime) -> None:
        """The Orchestrator refused this report; it is tried again, and holds nothing up. The first time is kept."""
        self._file.note(
            Step(
                "UPDATE outbox SET attempts = attempts + 1, last_error = ?, refused_at = coalesce(refused_at, ?)"
                " WHERE id = ?",
                error,
                to_text(at),
                row_id,
            )
        )

    def dead_letter(self, row_id: int, error: str) -> None:
        """The Orchestrator has refused this report for too long: it stays visible, and a person may send it again."""
        self._file.note(
            Step("UPDATE outbox SET attempts = attempts + 1, last_error = ?, dead = 1 WHERE id = ?", error, row_id)
        )

    def report_again(self, guid: str, origin: Origin | None = None) -> None:
        """Put the known outcome of a finished job into the outbox once more, in place of what is there.

        `origin` handed it out again and is told; None: whose it was.

        Raises:
            JournalError: the job is unknown or not finished.
        """
        self._file.write(lambda db: changes.report_again(db, guid, origin, to_text(datetime.now(UTC))))

    def retry(self, job_guid: str | None = None) -> int:
        """A person wants refused reports (of one job, or all) tried again as if they were new; how many there are."""
        return self._file.write(lambda db: changes.retry(db, job_guid))

    def discard(self, job_guid: str) -> int:
        """A person gives up the reports of a job; how many there were. The job's history keeps that."""
        return self._file.write(lambda db: changes.discard(db, job_guid))

    def job(self, guid: str, patience: float = math.inf) -> JobRecord | None:
        """One job, if the journal has it; JournalError if it can't be read within `patience` seconds."""
        rows = self._file.look(f"{JOBS} WHERE guid = ?", guid, patience=patience)
        return job_record(rows[0]) if rows else None

    def interrupted(self) -> list[JobRecord]:
        """The jobs that were begun and never finished, oldest first."""
        return [job_record(row) for row in self._file.read(f"{JOBS} WHERE status IS NULL ORDER BY jobs.id")]

    def jobs(self, since: datetime | None = None, limit: int | None = None) -> Iterator[JobRecord]:
        """The jobs that started at `since` or later, newest first, at most `limit`."""
        start, most = to_text(since) if since else "", -1 if limit is None else limit
        rows = self._file.read(f"{JOBS} WHERE started_at >= ? ORDER BY jobs.id DESC LIMIT ?", start, most)
        return map(job_record, rows)

    def sum_up(self, least: int, most: int) -> int:
        """Add the next `most` ended jobs to the history's sums, unless there are fewer than `least`; how many."""
        try:
            return self._file.write(lambda db: sums.sum_up(db, least, most), NOTE_SECONDS)
        except JournalError as error:
            log.info("Not summed up: %s", error.message)
            return 0

    def close(self) -> None:
        """Close the file; further calls raise JournalError."""
        self._file.close()

    def _outbox(self, condition: str, *parameters: Any) -> list[OutboxRow]:
        return [outbox_row(row) for row in self._file.read(f"{OUTBOX} {condition}", *parameters)]
