"""A look at the whole journal, for the history: streamed, so that memory doesn't grow with the years."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Final, Self

from app.base.i18n import _
from app.journal import opening, sums
from app.journal.errors import JournalError, describe_journal_error
from app.journal.from_scripts import LISTED, NOTES, by_run, change_record, notes_record
from app.journal.records import JobRecord, Reported, RunNotes, Undelivered
from app.journal.statements import JOBS, OUTBOX, REPORTED, job_record, outbox_row, to_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from app.journal.sums import Sums

_AT_ONCE: Final = 1_000
_NEWEST: Final = "jobs.id IN (SELECT id FROM jobs ORDER BY started_at DESC, id DESC LIMIT ?)"

# Name, moments of start and end as the journal keeps them (UTC, ISO 8601 of equal length), final status.
JobLine = tuple[str, str, str | None, int | None]


class JournalReader:
    """One state of the journal, also while a robot writes to it. A context manager.

    Raises:
        JournalVersionError: a later version of the robot wrote it.
        JournalError: there is none, or it can't be read; from every method.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db = opening.open_to_read(path)
        try:
            with self._errors():
                self._db.execute("BEGIN")
                self._db.execute("SELECT id FROM origins").fetchone()  # with the first look the state is fixed
        except JournalError:
            self._db.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._db.close()

    def span(self) -> tuple[str, str] | None:
        """When the first and the last job started; None if there is none."""
        with self._errors():
            # Each by itself is one look into the index; both at once are a look at every job.
            query = "SELECT (SELECT min(started_at) FROM jobs), (SELECT max(started_at) FROM jobs)"
            first, last = self._db.execute(query).fetchone()
        return (first, last) if first else None

    def summed_up(self) -> Sums:
        """What the jobs that are summed up amount to."""
        with self._errors():
            return sums.read_sums(self._db)

    def summed_between(self, since: int, before: int) -> list[tuple[int, int]]:
        """Of the jobs that are summed up and started from `since` on and before `before`, how many of each status."""
        with self._errors():
            return sums.count_between(self._db, since, before)

    def lines(self) -> Iterator[JobLine]:
        """The jobs that are in no sum yet, each in as few words as the sums need."""
        with self._errors():
            cursor = self._db.execute(
                "SELECT name, started_at, ended_at, status FROM jobs WHERE id > (SELECT upto FROM summed)"
            )
            while lines := cursor.fetchmany(_AT_ONCE):
                yield from lines

    def endings(self, after: int) -> Iterator[tuple[int, int | None, str, str | None]]:
        """Row, status, start and end of each job whose row comes behind `after`, in the order of the rows."""
        with self._errors():
            rows = self._db.execute(
                "SELECT id, status, started_at, ended_at FROM jobs WHERE id > ? ORDER BY id", (after,)
            )
            while found := rows.fetchmany(_AT_ONCE):
                yield from found

    def sums(self, lengths: Sequence[int]) -> tuple[int, list[tuple[int, float, int, int]]]:
        """All jobs before the first that has not ended, counted by SQLite, which holds no other thread up meanwhile.

        Args:
            lengths: in seconds, ascending; a job is counted at the first that it doesn't exceed.

        Returns:
            The last one's row, 0 if there is none; status, length (infinite beyond the last), how many jobs, how many
            microseconds together.
        """
        steps = "".join(f" WHEN length <= {each * 1_000_000} THEN {each}" for each in lengths)
        with self._errors():
            [last] = self._db.execute(
                "SELECT coalesce((SELECT min(id) - 1 FROM jobs WHERE status IS NULL), (SELECT max(id) FROM jobs), 0)"
            ).fetchone()
            rows = self._db.execute(
                f"SELECT status, CASE{steps} ELSE 9e999 END, count(*), sum(length) FROM"  # noqa: S608 - numbers
                f" (SELECT status, {sums.LENGTH} AS length FROM jobs WHERE id <= ?) GROUP BY 1, 2",
                (last,),
            )
            return last, rows.fetchall()

    def newest(self, limit: int) -> list[JobRecord]:
        """The jobs that started last, newest first."""
        with self._errors():
            rows = self._db.execute(f"{JOBS} WHERE {_NEWEST} ORDER BY started_at DESC, jobs.id DESC", (limit,))
            return [job_record(row) for row in rows]

    def started(self, since: str, before: str) -> list[JobRecord]:
        """The jobs that started from `since` on and before `before` (moments as in `lines`), newest first."""
        with self._errors():
            rows = self._db.execute(
                f"{JOBS} WHERE started_at >= ? AND started_at < ? ORDER BY started_at DESC, jobs.id DESC",
                (since, before),
            )
            return [job_record(row) for row in rows]

    def runs(self, since: datetime | None = None) -> Iterator[tuple[JobRecord, RunNotes | None]]:
        """The jobs that started from `since` on, newest first, each with what its script said."""
        with self._errors():
            rows = self._db.execute(
                f"{JOBS} WHERE started_at >= ? ORDER BY started_at DESC, jobs.id DESC",
                (to_text(since) if since else "",),
            )
            while found := [job_record(row) for row in rows.fetchmany(_AT_ONCE)]:
                newest, oldest = to_text(found[0].started_at), to_text(found[-1].started_at)
                said = self.notes_between(oldest, f"{newest}~")  # the newest one's included
                for job in found:
                    yield job, said.get(job.guid)

    def start_before(self, before: str, count: int) -> str | None:
        """When the job started that comes `count` jobs before that moment; None if there are fewer."""
        query = "SELECT started_at FROM jobs WHERE started_at < ? ORDER BY started_at DESC LIMIT 1 OFFSET ?"
        with self._errors():
            found = self._db.execute(query, (before, count - 1)).fetchone()
        return found[0] if found else None

    def job(self, guid: str) -> JobRecord | None:
        """One job; None if the journal doesn't know it."""
        with self._errors():
            row = self._db.execute(f"{JOBS} WHERE jobs.guid = ?", (guid,)).fetchone()
            return job_record(row) if row else None

    def notes_of(self, guid: str) -> RunNotes | None:
        """What a script said of its run; None if nothing."""
        with self._errors():
            row = self._db.execute(f"{NOTES} WHERE jobs.guid = ?", (guid,)).fetchone()
            return notes_record(row) if row else None

    def outbox_of(self, guid: str) -> list[Undelivered]:
        """What was not taken yet of one job, in order."""
        with self._errors():
            reports = [outbox_row(row) for row in self._db.execute(f"{OUTBOX} WHERE job_guid = ? ORDER BY 1", (guid,))]
            changes = self._db.execute(f"{LISTED} WHERE job_guid = ? ORDER BY 1", (guid,))
            return [*map(change_record, changes), *reports]

    def mark(self) -> str:
        """Another text after each new job, ending, report or answer to one."""
        with self._errors():
            # No job ever goes, so these two tell of each beginning and each end, without a look at all of them.
            query = "SELECT (SELECT max(id) FROM jobs), (SELECT count(*) FROM jobs WHERE status IS NULL)"
            jobs = self._db.execute(query).fetchone()
            waits = [
                self._db.execute(f"SELECT max(id), count(*), sum(attempts) FROM {table}").fetchone()  # noqa: S608
                for table in ("outbox", "script_changes")
            ]
        return "-".join(str(number or 0) for row in (jobs, *waits) for number in row)

    def notes(self, limit: int) -> dict[str, RunNotes]:
        """What scripts said of the runs that `newest` has, by the jobs' GUIDs."""
        with self._errors():
            rows = self._db.execute(f"{NOTES} WHERE {_NEWEST}", (limit,))
            return {notes.job_guid: notes for notes in map(notes_record, rows)}

    def notes_between(self, since: str, before: str) -> dict[str, RunNotes]:
        """The same of the jobs that `started` gives."""
        with self._errors():
            rows = self._db.execute(f"{NOTES} WHERE started_at >= ? AND started_at < ?", (since, before))
            return {notes.job_guid: notes for notes in map(notes_record, rows)}

    def untold(self) -> dict[Reported, int]:
        """How many jobs' reports wait, and how many were refused."""
        with self._errors():
            told_of = "(SELECT job_guid FROM outbox UNION SELECT job_guid FROM script_changes)"
            query = f"SELECT {REPORTED}, count(*) FROM jobs WHERE guid IN {told_of} GROUP BY 1"  # noqa: S608 - constants
            rows = self._db.execute(query)
            return {Reported(told): count for told, count in rows}

    def outbox(self) -> list[Undelivered]:
        """Everything that was not taken yet, dead letters as well, run by run in order."""
        with self._errors():
            reports = [outbox_row(row) for row in self._db.execute(f"{OUTBOX} ORDER BY outbox.id")]
            changes = [change_record(row) for row in self._db.execute(f"{LISTED} ORDER BY script_changes.id")]
            return by_run(reports, changes)

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, ValueError, TypeError) as error:  # the latter: a row in which no moment or status stands
            why = describe_journal_error(error) if isinstance(error, sqlite3.Error) else _("it is damaged")
            raise JournalError(
                _("The journal {path} can't be read: {error}").format(path=self._path, error=why),
                _("Start the robot once: it mends or replaces its journal."),
            ) from error
