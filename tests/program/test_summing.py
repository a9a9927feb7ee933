"""The robot sums up what it has done, beside its work."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from app.base.clock import Clock
from app.journal.journal import Journal
from app.orchestrator.vocabulary import JobStatus
from app.program.summing import AT_ONCE, Summing
from app.robot.state import LastOutcome, StateBoard
from tests.bench.long_history import fill
from tests.history.samples import NOW

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 60.0


def summed(path: Path) -> int:
    """How many jobs are in the sums."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        return int(db.execute("SELECT coalesce(sum(runs), 0) FROM sums_by_script").fetchone()[0])


def until_summed(path: Path, jobs: int) -> None:
    """Wait for it."""
    deadline = time.monotonic() + PATIENCE
    while summed(path) != jobs:
        assert time.monotonic() < deadline, f"{summed(path)} of {jobs}"
        time.sleep(0.02)


def test_what_was_done_is_summed_up_and_what_comes(tmp_path: Path) -> None:
    """Not before the Orchestrator has answered; all that an earlier version left; then by portions, as jobs end."""
    path = tmp_path / "journal.sqlite3"
    fill(path, 3 * AT_ONCE + 100)
    journal = Journal.open(path)
    board = StateBoard()
    with Summing(journal, board, Clock()):
        board.publish(undelivered=1)
        assert summed(path) == 0
        board.publish(connected=True)
        until_summed(path, 3 * AT_ONCE)
        last = LastOutcome("0", "mail", JobStatus.SUCCESS, NOW, "", "", None)
        with contextlib.closing(sqlite3.connect(path)) as db:  # the next jobs end
            db.execute("UPDATE jobs SET guid = guid || 'x'")
            db.execute(
                "INSERT INTO jobs(guid, name, process_version_guid, mark, started_at, ended_at, log_file, status)"
                " SELECT guid || 'y', name, '', '', started_at, ended_at, log_file, status FROM jobs LIMIT 400"
            )
            db.commit()
        for number in range(AT_ONCE):
            board.publish(last=replace(last, guid=str(number)))
        until_summed(path, 4 * AT_ONCE)
    board.publish(last=replace(last, guid="after the end"))
    journal.close()
