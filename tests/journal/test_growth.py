"""A journal of a million jobs is as quick as an empty one: no statement of the robot looks at every job.

Judged by SQLite's plans of the statements that were really carried out, not by a stopwatch.
"""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from app.history.live import piece
from app.history.page import render
from app.journal import opening
from app.journal.journal import Journal
from app.journal.reading import JournalReader
from app.orchestrator.origin import Origin
from app.orchestrator.vocabulary import JobStatus

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
OURS = Origin("http://orchestrator", "fingerprint")
GROWING = ("jobs", "run_notes")  # a row a job, for ever; of the other tables rows go when they are delivered


class Carried:
    """Every statement that is carried out on any connection, with its values in it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.statements: dict[str, None] = {}
        connect = opening._connection

        def traced(target: str, *, uri: bool = False) -> sqlite3.Connection:
            db = connect(target, uri=uri)
            db.set_trace_callback(self._note)
            return db

        monkeypatch.setattr(opening, "_connection", traced)

    def _note(self, statement: str) -> None:
        self.statements[statement] = None

    def unbounded(self, path: Path) -> list[str]:
        """Those that look at every row of a table that grows, as SQLite plans them."""
        found = []
        with contextlib.closing(sqlite3.connect(path)) as db:
            for statement in self.statements:
                if statement.split()[0] not in {"SELECT", "INSERT", "UPDATE", "DELETE"}:
                    continue
                for *_numbers, step in db.execute(f"EXPLAIN QUERY PLAN {statement}"):
                    scanned = step.split()[1] if step.startswith("SCAN ") else ""
                    # The partial index holds the unfinished jobs alone; with a limit the look ends there.
                    if scanned in GROWING and "INDEX unfinished" not in step and "LIMIT" not in statement:
                        found.append(f"{step}: {' '.join(statement.split())}")
        return found


@pytest.fixture
def carried(monkeypatch: pytest.MonkeyPatch) -> Carried:
    """From now on everything is noted."""
    return Carried(monkeypatch)


def one_life(journal: Journal, folder: Path, job: str) -> None:
    """Everything that a robot asks of its journal from its start over a job, with its ways astray, to its end."""
    journal.doubt_in_progress(NOW)
    journal.interrupted()
    journal.outbox(OURS)
    journal.begin_job(job, "invoices", "version", "mark", NOW, folder / "log", OURS)
    journal.process_started(job, 4711, 1.0)
    [row] = journal.outbox(OURS)
    journal.attempt_failed(row.id, "no answer", NOW)
    journal.delivered(row.id)
    journal.scripts.add(job, "/api/log/create", {"message": "begun"})
    journal.scripts.note(job, result='"done"')
    for question in (journal.scripts.count_of, journal.scripts.notes):
        question(job)
    journal.scripts.waits(job, "/api/task")
    [[change]] = journal.scripts.queues(OURS)
    journal.scripts.failed([change.id], "no answer")
    journal.scripts.dead_letters([change.id], "refused")
    journal.scripts.counts()
    journal.finish_job(job, JobStatus.SUCCESS, NOW, 0, "Exit code 0.", "last line")
    journal.job(job)
    for row in journal.outbox(OURS):
        journal.refused(row.id, "unknown", NOW)
        journal.dead_letter(row.id, "unknown")
    journal.report_again(job, OURS)
    journal.undelivered()
    journal.retry()
    journal.discard(job)


def test_nothing_that_the_robot_does_looks_at_every_job(carried: Carried, tmp_path: Path) -> None:
    """Start, job, reports, what scripts say, and the end: whatever is carried out is bounded by what waits."""
    path = tmp_path / "journal.sqlite3"
    for job in ("first", "second"):  # the second start finds a file that is there
        journal = Journal.open(path, origin=OURS)
        one_life(journal, tmp_path, job)
        journal.close()
    assert len(carried.statements) > 30
    assert not carried.unbounded(path)


def test_what_check_and_the_lists_ask_is_bounded(carried: Carried, tmp_path: Path) -> None:
    """`check`, `outbox`, `history`, the robot's page with its sums: none of them looks at every job."""
    path = tmp_path / "journal.sqlite3"
    journal = Journal.open(path, origin=OURS)
    one_life(journal, tmp_path, "job")
    assert journal.sum_up(1, 500) == 1
    journal.close()
    looking = Journal.open_to_read(path)
    looking.undelivered()
    looking.close()
    with JournalReader(path) as reader:
        render(reader, robot_name="BUH-07", now=NOW)
        piece(reader, tmp_path)
        assert not list(reader.lines())  # what is summed up is not looked at again
        reader.span()
        reader.newest(10)
        reader.notes(10)
        reader.started("2026-11-01", "2026-12-01")
        reader.notes_between("2026-11-01", "2026-12-01")
        reader.start_before("2026-12-01", 10)
        reader.job("job")
        reader.notes_of("job")
        reader.outbox_of("job")
        reader.mark()
        reader.untold()
        reader.outbox()
    assert not carried.unbounded(path)


def test_a_look_at_every_job_is_seen(carried: Carried, tmp_path: Path) -> None:
    """The judge of this file finds one where there is one."""
    path = tmp_path / "journal.sqlite3"
    Journal.open(path, origin=OURS).close()
    with contextlib.closing(opening._connection(str(path))) as db:
        db.execute("SELECT count(name) FROM jobs")
    assert carried.unbounded(path)
