"""What scripts asked to be changed, until their Orchestrator has taken it; and what they said about their runs.

A change's content (a task's parameters, a comment, a password) is in the file only as long as it waits: a row that goes
is overwritten (`secure_delete`), and the write-ahead log is emptied when nothing of a run waits any more.
https://www.sqlite.org/pragma.html#pragma_secure_delete
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from app.journal.access import Access, Step
from app.journal.records import ChangeDoubt, RunNotes, ScriptChange
from app.journal.statements import to_text
from app.orchestrator.origin import Origin

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from app.journal.records import OutboxRow, Undelivered

PUT_SECONDS: Final = 15.0  # a script waits for as long that its change is written down
AT_ONCE: Final = 50  # of one run's that are looked at

_COLUMNS: Final = """script_changes.id, job_guid, coalesce(jobs.name, ''), coalesce(process_version_guid, ''), path,
    coalesce(host, ''), coalesce(fingerprint, ''), script_changes.created_at, attempts, last_error, dead,
    jobs.status IS NOT NULL"""
_FROM: Final = """FROM script_changes LEFT JOIN jobs ON jobs.guid = job_guid
    LEFT JOIN origins ON origins.id = jobs.origin"""
LISTED: Final = f"SELECT {_COLUMNS}, '{{}}' {_FROM}"
_WHOLE: Final = f"SELECT {_COLUMNS}, fields {_FROM}"


class FromScripts:
    """These tables of an open journal; any thread. `Journal.scripts` is one."""

    def __init__(self, file: Access) -> None:
        self._file = file

    def add(self, job_guid: str, path: str, fields: Mapping[str, str], *, synced: bool = True) -> None:
        """Write a change down, behind all others of its run.

        Args:
            job_guid: of a job that the journal has.
            path: of the call.
            fields: its parameters.
            synced: it outlives the machine; else the robot alone.

        Raises:
            JournalError: it wasn't.
        """
        text = json.dumps(fields, ensure_ascii=False)
        step = Step(
            "INSERT INTO script_changes(job_guid, path, fields, created_at) VALUES (?, ?, ?, ?)",
            job_guid,
            path,
            text,
            to_text(datetime.now(UTC)),
        )
        if synced:
            self._file.write(step, PUT_SECONDS)
        else:
            self._file.write_unsynced(step, PUT_SECONDS)

    def queues(self, origin: Origin) -> list[list[ScriptChange]]:
        """What waits for `origin`: the first ones of each run, in order.

        Raises:
            JournalError: the file can't be read.
        """
        jobs = self._file.read(
            f"SELECT DISTINCT job_guid {_FROM} WHERE NOT dead AND host = ? AND fingerprint = ?",
            origin.host,
            origin.fingerprint,
        )
        rows = (
            self._file.read(
                f"{_WHOLE} WHERE job_guid = ? AND NOT dead ORDER BY script_changes.id LIMIT ?", guid, AT_ONCE
            )
            for (guid,) in jobs
        )
        return [list(map(change_record, queue)) for queue in rows if queue]

    def counts(self) -> dict[Origin, int]:
        """How many wait, by whose they are."""
        rows = self._file.read(
            f"SELECT coalesce(host, ''), coalesce(fingerprint, ''), count(*) {_FROM} WHERE NOT dead GROUP BY 1, 2"
        )
        return {Origin(host, fingerprint): count for host, fingerprint, count in rows}

    def count_of(self, job_guid: str) -> int:
        """How many of a run wait."""
        [[count]] = self._file.read("SELECT count(*) FROM script_changes WHERE job_guid = ? AND NOT dead", job_guid)
        return int(count)

    def waits(self, job_guid: str, beginning: str) -> bool:
        """Whether one of a run waits whose path begins so."""
        query = "SELECT 1 FROM script_changes WHERE job_guid = ? AND NOT dead AND substr(path, 1, ?) = ? LIMIT 1"
        return bool(self._file.read(query, job_guid, len(beginning), beginning))

    def listed(self) -> list[ScriptChange]:
        """Everything that was not taken yet, dead letters as well, in order; without its content."""
        return [change_record(row) for row in self._file.read(f"{LISTED} ORDER BY script_changes.id")]

    def delivered(self, ids: list[int]) -> None:
        """The Orchestrator has taken these."""
        self._file.note(*(Step("DELETE FROM script_changes WHERE id = ?", row_id) for row_id in ids))

    def failed(self, ids: list[int], error: str, doubt: ChangeDoubt | None = None) -> None:
        """Sending them failed and is to be tried again; `doubt`: it may yet be carried out."""
        query = "UPDATE script_changes SET attempts = attempts + 1, last_error = ? WHERE id = ?"
        self._file.note(*(Step(query, error, row_id) for row_id in ids), *_doubt_steps([doubt] if doubt else []))

    def dead_letters(self, ids: list[int], error: str, doubt: ChangeDoubt | None = None) -> None:
        """The Orchestrator refuses them: they stay visible, and a person may send them again."""
        query = "UPDATE script_changes SET attempts = attempts + 1, last_error = ?, dead = 1 WHERE id = ?"
        self._file.note(*(Step(query, error, row_id) for row_id in ids), *_doubt_steps([doubt] if doubt else []))

    def doubts(self) -> list[ChangeDoubt]:
        """What was noted of attempts that may yet be carried out.

        Raises:
            JournalError: the file can't be read.
        """
        rows = self._file.read("SELECT change_id, job_guid, thing, seconds FROM change_doubts")
        return [ChangeDoubt(*row) for row in rows]

    def doubt(self, doubts: list[ChangeDoubt]) -> None:
        """Note these; each takes the place of what was noted of the same change."""
        if doubts:
            self._file.note(*_doubt_steps(doubts))

    def doubts_over(self, change_ids: list[int]) -> None:
        """Nothing is in doubt about these any more."""
        if change_ids:
            self._file.note(*(Step("DELETE FROM change_doubts WHERE change_id = ?", each) for each in change_ids))

    def no_longer_at_rest(self) -> None:
        """From now on something may be under way: nothing that says the opposite is left when this returns.

        Raises:
            JournalError: something may be.
        """
        self._file.write(Step("DELETE FROM change_doubts WHERE seconds <= 0"))

    def wipe(self) -> None:
        """Nothing of a run waits: what is left of the content in the write-ahead log goes, too."""
        self._file.tidy("PRAGMA wal_checkpoint(TRUNCATE)")

    # ------------------------------------------------------------------ about the run itself

    def note(self, job_guid: str, *, durable: bool = False, **values: Any) -> None:
        """Keep what a script said of its run: any of the columns of `run_notes`.

        Raises:
            JournalError: only if it is to be `durable`.
        """
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        updates = ", ".join(f"{name} = excluded.{name}" for name in values)
        step = Step(
            f"INSERT INTO run_notes(job, {names}) SELECT id, {marks} FROM jobs WHERE guid = ?"  # noqa: S608 - the names are ours
            f" ON CONFLICT(job) DO UPDATE SET {updates}",
            *values.values(),
            job_guid,
        )
        if durable:
            self._file.write(step, PUT_SECONDS)
        else:
            self._file.note_unsynced(step)

    def notes(self, job_guid: str) -> RunNotes | None:
        """What a script said of its run; None if nothing."""
        rows = self._file.read(f"{NOTES} WHERE jobs.guid = ?", job_guid)
        return notes_record(rows[0]) if rows else None


def _doubt_steps(doubts: list[ChangeDoubt]) -> list[Step]:
    statement = "INSERT OR REPLACE INTO change_doubts(change_id, job_guid, thing, seconds) VALUES (?, ?, ?, ?)"
    return [Step(statement, each.change_id, each.job_guid, each.thing, each.seconds) for each in doubts]


def by_run(reports: list[OutboxRow], changes: list[ScriptChange]) -> list[Undelivered]:
    """Both together: the changes of a run before its reports, as they are told."""
    queues: dict[str, list[Undelivered]] = {row.job_guid.lower(): [] for row in reports}
    everything: list[Undelivered] = [*changes, *reports]
    for row in everything:
        queues.setdefault(row.job_guid.lower(), []).append(row)
    return [row for queue in queues.values() for row in queue]


NOTES: Final = """SELECT jobs.guid, result, done, total, progress, task_guid, task_name, evidence
    FROM run_notes JOIN jobs ON jobs.id = job"""


def notes_record(row: tuple[Any, ...]) -> RunNotes:
    """A row of `NOTES`."""
    guid, result, done, total, progress, task_guid, task_name, evidence = row
    return RunNotes(guid, result, done, total, progress, task_guid, task_name, tuple(json.loads(evidence)))


def change_record(row: tuple[Any, ...]) -> ScriptChange:
    """A row of `LISTED`."""
    (row_id, guid, name, version, path, host, fingerprint, created, attempts, error, dead, over, fields) = row
    return ScriptChange(
        id=row_id,
        job_guid=guid,
        job_name=name,
        process_version_guid=version,
        path=path,
        fields=json.loads(fields),
        origin=Origin(host, fingerprint),
        created_at=datetime.fromisoformat(created),
        attempts=attempts,
        last_error=error,
        dead=bool(dead),
        job_over=bool(over),
    )


def retry(db: sqlite3.Connection, guid: str | None) -> int:
    """Refused ones (of one job, or all) are as new; how many."""
    query = "UPDATE script_changes SET dead = 0, attempts = 0 WHERE dead AND (? IS NULL OR job_guid = ?)"
    return db.execute(query, (guid, guid)).rowcount


def discard(db: sqlite3.Connection, guid: str) -> int:
    """Those of a job are gone; how many there were."""
    return db.execute("DELETE FROM script_changes WHERE job_guid = ?", (guid,)).rowcount
