"""A damaged journal: what can be read of it is in the fresh one, every GUID and every waiting report above all."""

from __future__ import annotations

import contextlib
import sqlite3
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from app.journal import opening
from app.journal.errors import AlreadyKnownError
from app.journal.journal import Journal
from app.journal.pages import Kind, rows_of
from app.orchestrator.vocabulary import JobStatus
from tests.journal.conftest import OURS, T0, THEIRS, begin

if TYPE_CHECKING:
    from pathlib import Path

PAGE = 4096
JOBS = 160
GUIDS = [str(uuid.UUID(int=(number * 0x9E3779B97F4A7C15) % 2**64 + (number << 64))) for number in range(JOBS)]
WAITING = set(GUIDS[-70:])  # enough for several pages of outbox


@pytest.fixture
def good(path: Path) -> bytes:
    """A journal of finished jobs, of which the last reports wait, and of one job that was interrupted."""
    journal = Journal.open(path, origin=OURS)
    for number, guid in enumerate(GUIDS):
        begin(journal, guid, started_at=T0 + timedelta(minutes=number), origin=THEIRS if number % 9 == 0 else OURS)
        if guid != GUIDS[-1]:
            status = JobStatus.FAILED if number % 7 == 0 else JobStatus.SUCCESS
            journal.finish_job(guid, status, T0 + timedelta(minutes=number), 0, "Exit code 0." * 20, "done")
            if guid not in WAITING:
                journal.delivered(journal.outbox()[-1].id)
    journal.close()
    return path.read_bytes()


def salvaged(path: Path, spoilt: bytes) -> Journal:
    """The journal that is opened in place of a spoilt one."""
    path.write_bytes(spoilt)
    opening.suspect_file(path).touch()
    journal = Journal.open(path, origin=OURS)
    assert journal.set_aside is not None
    assert journal.set_aside.read_bytes() == spoilt
    return journal


def without_page(good: bytes, number: int) -> bytes:
    """One page, from 0, is garbage."""
    return good[: number * PAGE] + b"\x5a" * PAGE + good[(number + 1) * PAGE :]


def test_whichever_page_is_broken_no_job_is_forgotten(path: Path, good: bytes) -> None:
    """Every GUID is known, so that nothing runs twice, and every report that waited still does."""
    for number in range(len(good) // PAGE):
        journal = salvaged(path, without_page(good, number))
        assert {record.guid for record in journal.jobs()} == set(GUIDS), number
        assert journal.salvaged == JOBS
        with pytest.raises(AlreadyKnownError):
            begin(journal, GUIDS[5].upper())
        assert {row.job_guid for row in journal.outbox()} == WAITING, number
        assert [record.guid for record in journal.interrupted()] == [GUIDS[-1]], number
        assert {row.origin for row in journal.outbox()} <= {OURS, THEIRS}
        journal.close()
        assert path.parent.joinpath("journal.sqlite3-suspect").exists() is False


def test_rows_that_can_be_read_come_back_whole(path: Path, good: bytes) -> None:
    """Broken is the first page alone: every field of every job, and whose each report is."""
    reader = Journal.open_to_read(path)
    jobs, outbox = list(reader.jobs()), reader.outbox()
    reader.close()
    journal = salvaged(path, without_page(good, 0))
    assert list(journal.jobs()) == jobs
    assert journal.outbox() == outbox
    journal.close()


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_half_a_file_gives_what_it_has(path: Path, good: bytes, share: float) -> None:
    """Cut off, the file's first pages are read."""
    journal = salvaged(path, good[: int(len(good) * share)])
    assert journal.salvaged > JOBS * share / 3
    journal.close()


def test_what_only_the_write_ahead_log_holds_is_salvaged_as_well(path: Path, good: bytes) -> None:
    """A robot that was killed left its last job there; the file behind it broke."""
    path.write_bytes(good)
    journal = Journal.open(path, origin=OURS)
    begin(journal, "in the log")
    spoilt, wal = without_page(path.read_bytes(), 0), path.with_name(f"{path.name}-wal").read_bytes()
    journal.close()
    path.write_bytes(spoilt)
    path.with_name(f"{path.name}-wal").write_bytes(wal)
    again = Journal.open(path, origin=OURS)
    assert again.job("in the log") is not None
    assert again.job(GUIDS[0]) is not None
    again.close()


def test_damage_met_in_mid_run_is_mended_at_once(path: Path, good: bytes) -> None:
    """The robot goes on with all that can be read, and what it does next is written down."""
    path.write_bytes(good)
    journal = Journal.open(path, origin=OURS)
    with path.open("r+b") as file:
        file.seek(PAGE)
        file.write(b"\x5a" * (len(good) // 2))
    begin(journal, "new")
    assert len({record.guid for record in journal.jobs()}) > JOBS // 4
    assert journal.job("new") is not None
    journal.close()
    assert len(list(path.parent.glob("journal.damaged-*.sqlite3"))) == 1
    again = Journal.open(path)
    assert again.set_aside is None
    again.close()


def test_what_was_deleted_does_not_come_back(path: Path) -> None:
    """Reports that were delivered leave their bytes on free pages: they are not sent again."""
    journal = Journal.open(path, origin=OURS)
    for guid in GUIDS:
        begin(journal, guid)
        journal.finish_job(guid, JobStatus.SUCCESS, T0, 0, "", "")
    for row in journal.outbox():
        journal.delivered(row.id)
    journal.close()
    good = path.read_bytes()
    [interior] = [  # a page that leads to the jobs
        number for number in range(len(good) // PAGE) if good[number * PAGE] == 0x05
    ]
    again = salvaged(path, without_page(good, interior))
    assert again.salvaged == JOBS
    assert again.outbox() == []
    again.close()


def test_an_unfinished_replacement_is_finished(path: Path, good: bytes) -> None:
    """A crash after the damaged file was set aside, before the new one took its place, costs nothing."""
    path.rename(path.with_name("journal.new.sqlite3"))
    journal = Journal.open(path, origin=OURS)
    assert len(list(journal.jobs())) == JOBS
    journal.close()


def test_rows_are_read_as_sqlite_wrote_them(tmp_path: Path) -> None:
    """Integers of every size, floats, blobs, NULL, Cyrillic letters, and values that need many pages."""
    file = tmp_path / "x.sqlite3"
    values = [0, 1, -1, 127, 2**15, -(2**23), 2**31, 2**47, -(2**62), 1.5, None, "слово", b"\0\xff", "д" * 30_000]
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("PRAGMA page_size = 1024")
        db.execute("CREATE TABLE t(v)")
        db.executemany("INSERT INTO t VALUES (?)", [(value,) for value in values])
    rows = [row.values for row in rows_of(file.read_bytes()) if row.kind is Kind.TABLE_LEAF and len(row.values) == 1]
    assert [value for [value] in rows] == values
