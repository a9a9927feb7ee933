"""What scripts asked to be changed, in the journal: in order, for its own Orchestrator, gone without a trace."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from app.journal import opening
from app.journal.errors import JournalError
from app.journal.journal import Journal
from app.journal.records import Reported
from app.orchestrator.vocabulary import JobStatus
from tests.journal.conftest import OURS, T0, THEIRS, begin

if TYPE_CHECKING:
    from pathlib import Path

UPDATE, LOG = "/api/task/update", "/api/log/create"
SECRET = "Zw8-comment-of-a-person"


def test_changes_come_in_order_run_by_run_for_their_own_orchestrator(journal: Journal) -> None:
    """The first of each run that waits, whoever else waits."""
    for guid, origin in (("j1", OURS), ("j2", OURS), ("j3", THEIRS)):
        begin(journal, guid, origin=origin)
    for number in range(60):
        for guid in ("j1", "j2", "j3"):
            journal.scripts.add(guid, UPDATE, {"guid": "t", "status": str(number)}, synced=bool(number % 2))
    first, second = journal.scripts.queues(OURS)
    assert {change.job_guid for change in first} == {"j1"}
    assert [change.fields["status"] for change in second] == [str(number) for number in range(50)]
    assert journal.scripts.counts() == {OURS: 120, THEIRS: 60}
    journal.scripts.delivered([change.id for change in first])
    assert [change.fields["status"] for change in journal.scripts.queues(OURS)[0]] == [str(n) for n in range(50, 60)]
    assert journal.scripts.waits("J1", "/api/task/")
    assert not journal.scripts.waits("j1", "/api/asset/")


def test_what_was_delivered_is_gone_from_the_files(journal: Journal, path: Path) -> None:
    """While the journal is open: neither the database nor its write-ahead log holds a byte of it."""
    begin(journal, "j1")
    for number in range(30):
        journal.scripts.add("j1", UPDATE, {"guid": "t", "comment": f"{SECRET}{number}" * (number * 40 + 1)})
    assert any(SECRET.encode() in file.read_bytes() for file in path.parent.iterdir())
    while queues := journal.scripts.queues(OURS):
        journal.scripts.delivered([change.id for change in queues[0]])
    journal.scripts.wipe()
    assert not any(SECRET.encode() in file.read_bytes() for file in path.parent.iterdir())


def test_a_list_for_people_holds_no_content(journal: Journal) -> None:
    """Whose, which call, since when, why; not what."""
    begin(journal, "j1")
    journal.scripts.add("j1", UPDATE, {"comment": SECRET})
    [row] = journal.scripts.listed()
    assert SECRET not in repr(row)
    assert (row.job_guid, row.path, row.attempts, row.dead) == ("j1", UPDATE, 0, False)


def test_refused_ones_stay_until_a_person_decides(journal: Journal) -> None:
    """They hold nothing up, the history says so; sent again they are as new; given up they are gone."""
    begin(journal, "j1")
    journal.finish_job("j1", JobStatus.SUCCESS, T0, 0, "", "")
    journal.delivered(journal.outbox()[0].id)
    journal.scripts.add("j1", UPDATE, {"comment": SECRET})
    job = journal.job("j1")
    assert job
    assert job.reported is Reported.WAITING
    journal.scripts.dead_letters([journal.scripts.listed()[0].id], "HTTP 404")
    job = journal.job("j1")
    assert job
    assert job.reported is Reported.REFUSED
    assert not journal.scripts.queues(OURS)
    assert journal.retry("j1") == 1
    [[again]] = journal.scripts.queues(OURS)
    assert again.fields == {"comment": SECRET}
    assert journal.discard("j1") == 1
    assert not journal.scripts.listed()
    job = journal.job("j1")
    assert job
    assert job.reported is Reported.DISCARDED


def test_a_change_of_a_job_that_nobody_knows_is_an_error(journal: Journal) -> None:
    """It would be delivered to nobody."""
    with pytest.raises(JournalError):
        journal.scripts.add("nobody", UPDATE, {})


def test_what_a_script_said_of_its_run_is_kept(journal: Journal) -> None:
    """Bit by bit, the last word counts."""
    begin(journal, "j1")
    assert journal.scripts.notes("j1") is None
    journal.scripts.note("j1", durable=True, result='{"a": 1}')
    journal.scripts.note("j1", done=3, total=None, progress="half", task_guid="t", task_name="n")
    journal.scripts.note("J1", result='{"a": 2}', evidence='["a.png"]')
    notes = journal.scripts.notes("j1")
    assert notes
    assert (notes.result, notes.done, notes.total, notes.progress) == ('{"a": 2}', 3.0, None, "half")
    assert (notes.task_guid, notes.task_name, notes.evidence) == ("t", "n", ("a.png",))


def test_a_file_of_version_2_is_migrated(journal: Journal, path: Path) -> None:
    """With everything in it; a later one would be left alone."""
    begin(journal, "j1")
    journal.close()
    db = sqlite3.connect(path)
    db.executescript(
        "DROP TABLE script_changes; DROP TABLE run_notes; DROP TABLE change_doubts; PRAGMA user_version = 2"
    )
    db.close()
    journal = Journal.open(path, origin=OURS)
    journal.scripts.add("j1", UPDATE, {"status": "1"})
    assert len(journal.scripts.queues(OURS)) == 1
    assert [job.guid for job in journal.interrupted()] == ["j1"]
    journal.close()


def test_a_damaged_file_gives_them_up_in_order(journal: Journal, path: Path) -> None:
    """Whichever page is garbage, the changes on the others are saved, in order, and no report is made up for them."""
    begin(journal, "j1")
    journal.finish_job("j1", JobStatus.SUCCESS, T0, 0, "", "")
    journal.delivered(journal.outbox()[0].id)
    for number in range(200):
        journal.scripts.add("j1", UPDATE, {"guid": "t", "status": str(number), "comment": "x" * 200})
    journal.close()
    good = path.read_bytes()
    saved_in_all = 0
    pages = len(good) // 4096
    for page in range(1, pages):
        path.write_bytes(good[: page * 4096] + b"\x5a" * 4096 + good[(page + 1) * 4096 :])
        opening.suspect_file(path).touch()
        journal = Journal.open(path, origin=OURS)
        assert journal.set_aside
        assert journal.job("j1")
        assert not [row for row in journal.outbox() if row.status is JobStatus.IN_PROGRESS]
        numbers: list[int] = []
        while queues := journal.scripts.queues(OURS):
            numbers += [int(change.fields["status"]) for change in queues[0]]
            journal.scripts.delivered([change.id for change in queues[0]])
        assert numbers == sorted(set(numbers))
        assert len(numbers) >= 150
        saved_in_all += len(numbers)
        journal.close()
    assert saved_in_all >= (pages - 1) * 180
