"""Another program holds the file, or the disk is full: every call waits, and nothing is lost or done twice."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from app.base.clock import Clock
from app.base.errors import RobotError
from app.journal import access
from app.journal import gate as gates
from app.journal.errors import AlreadyKnownError, JournalError
from app.journal.gate import Gate
from app.journal.journal import Journal
from app.journal.records import Reported
from app.orchestrator.vocabulary import JobStatus
from tests.journal.conftest import OURS, T0, begin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Call = Callable[[Journal], Any]

HOLDER = (
    "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None);"
    "db.execute(sys.argv[2]); print('locked', flush=True); sys.stdin.read()"
)


class QuickClock(Clock):
    """Waits are a quarter as long; how long they were together is kept."""

    def __init__(self) -> None:
        self.waited = 0.0

    def monotonic(self) -> float:
        return super().monotonic() * 4

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.waited += seconds
        return super().wait(event, seconds / 4)


@contextlib.contextmanager
def held(path: Path, how: str = "BEGIN IMMEDIATE") -> Iterator[Callable[[], object]]:
    """Another process holds the file until what is yielded is called."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path), how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        yield other.communicate


def wait_until(said: list[str]) -> None:
    """Wait until the gate says something."""
    for _ in range(4000):
        if said:
            return
        time.sleep(0.005)
    pytest.fail("nothing was said")


@pytest.fixture
def said() -> list[str]:
    """What the gate told people, in order."""
    return []


@pytest.fixture
def clock() -> QuickClock:
    """What the gate's waits go by."""
    return QuickClock()


@pytest.fixture
def gate(clock: QuickClock, said: list[str]) -> Gate:
    """A gate whose waits are short."""
    return Gate(clock, said.append)


@pytest.fixture
def waiting(path: Path, gate: Gate) -> Iterator[Journal]:
    """An open journal with a finished job `j1` and a begun one `j2`, at that gate."""
    journal = Journal.open(path, gate, OURS)
    begin(journal, "j1")
    journal.finish_job("j1", JobStatus.SUCCESS, T0, 0, "", "")
    begin(journal, "j2")
    yield journal
    journal.close()


def row_of(journal: Journal, guid: str = "j1") -> int:
    """The report's number."""
    return next(row.id for row in journal.outbox() if row.job_guid == guid)


def test_a_doubt_that_could_not_be_noted_is_written_with_what_comes_next(waiting: Journal, path: Path) -> None:
    """A robot starts on a full disk: no read waits, and what it tells of a job is confirmed all the same."""
    until = T0 + timedelta(hours=1)
    with held(path) as let_go:
        waiting.doubt_in_progress(until)
        assert [row.doubtful_until for row in waiting.outbox()] == [None, None]
        let_go()
    waiting.finish_job("j2", JobStatus.FAILED, T0, None, "", "")
    waiting.delivered(row_of(waiting, "j2"))
    assert [(row.job_guid, row.confirming) for row in waiting.outbox() if row.doubtful_until == until][-1:] == [
        ("j2", True)
    ]


CALLS: dict[str, tuple[Call, Call]] = {  # the call, and what must be true after it
    "begin": (lambda j: begin(j, "j3"), lambda j: j.job("j3").status is None),
    "finish": (
        lambda j: j.finish_job("j2", JobStatus.FAILED, T0, 1, "", ""),
        lambda j: j.job("j2").status is JobStatus.FAILED,
    ),
    "started": (lambda j: j.process_started("j2", 7, 1.0), lambda j: j.job("j2").pid in {7, None}),
    "delivered": (lambda j: j.delivered(1 + 1), lambda j: j.job("j1").reported is Reported.DELIVERED),
    "confirmed": (lambda j: j.confirmed(2), lambda j: j.job("j1").reported is Reported.DELIVERED),
    "failed": (lambda j: j.attempt_failed(2, "x", None), lambda j: j.outbox()[0].last_error == "x"),
    "refused": (lambda j: j.refused(2, "x", T0), lambda j: j.outbox()[0].refused_at == T0),
    "dead": (lambda j: j.dead_letter(2, "x"), lambda j: [row.id for row in j.dead_letters()] == [2]),
    "again": (lambda j: j.report_again("j1"), lambda j: row_of(j) > 2),
    "retry": (lambda j: j.retry(), lambda j: len(j.outbox()) == 2),
    "discard": (lambda j: j.discard("j1"), lambda j: j.job("j1").reported is Reported.DISCARDED),
}


@pytest.mark.parametrize("name", CALLS)
def test_every_call_outlasts_a_busy_file(
    waiting: Journal, path: Path, said: list[str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that holds the file for a while costs time only: no error, and the call's effect is there after it."""
    monkeypatch.setattr(access, "NOTE_SECONDS", 120)  # so long that it is said first, however busy the machine is
    call, check = CALLS[name]
    failures: list[BaseException] = []

    def carry_out() -> None:
        try:
            call(waiting)
        except BaseException as error:  # noqa: BLE001 - carried to the test's own thread
            failures.append(error)

    with held(path) as let_go:
        thread = threading.Thread(target=carry_out)
        thread.start()
        wait_until(said)
        let_go()
        thread.join(20)
    assert not thread.is_alive()
    assert not failures
    assert check(waiting)
    assert said[0].startswith("The journal")
    assert "another program uses it" in said[0]
    assert said[-1] == ""


def test_what_is_only_noted_is_not_waited_for(waiting: Journal, path: Path, clock: QuickClock) -> None:
    """While the file stays busy the delivery goes on; what it noted is in the file with the next access."""
    with held(path) as let_go:
        waiting.attempt_failed(2, "HTTP 503", None)
        waiting.delivered(2)
        waiting.process_started("j2", 7, 1.0)
        assert clock.waited <= 3 * access.NOTE_SECONDS
        let_go()
    assert [row.job_guid for row in waiting.outbox()] == ["j2"]
    begin(waiting, "j3")
    reader = Journal.open_to_read(path)
    assert [row.job_guid for row in reader.outbox()] == ["j2", "j3"]
    reader.close()


def test_what_was_noted_last_is_written_at_the_end(waiting: Journal, path: Path) -> None:
    """Closing writes what the busy file didn't take."""
    with held(path) as let_go:
        waiting.delivered(2)
        let_go()
    waiting.close()
    reader = Journal.open_to_read(path)
    assert [row.job_guid for row in reader.outbox()] == ["j2"]
    reader.close()


def test_a_job_that_cannot_be_written_down_is_given_up_in_time(waiting: Journal, path: Path) -> None:
    """Patience has an end; nothing of the job is there, so that it may be begun later."""
    with held(path) as let_go:
        with pytest.raises(JournalError, match="another program uses it") as caught:
            waiting.begin_job("j3", "n", "", "m", T0, path, OURS, patience=2)
        assert isinstance(caught.value, RobotError)
        assert caught.value.hint
        let_go()
    assert waiting.job("j3") is None
    begin(waiting, "j3")
    with pytest.raises(AlreadyKnownError):
        begin(waiting, "j3")


def test_an_end_is_not_held_up(waiting: Journal, path: Path, gate: Gate, said: list[str]) -> None:
    """Told to hurry, a call that waits gives up within seconds, and so does every later one."""
    caught: list[JournalError] = []

    def finish() -> None:
        try:
            waiting.finish_job("j2", JobStatus.SUCCESS, T0, 0, "", "")
        except JournalError as error:
            caught.append(error)

    with held(path) as let_go:
        thread = threading.Thread(target=finish)
        thread.start()
        wait_until(said)
        gate.hurry()
        thread.join(20)
        assert not thread.is_alive()
        assert len(caught) == 1
        finish()
        assert len(caught) == 2
        let_go()
    finish()
    assert len(caught) == 2


def test_others_get_through_while_one_waits(waiting: Journal, path: Path, said: list[str]) -> None:
    """A write that waits holds nobody's look at the journal up."""
    with held(path) as let_go:
        thread = threading.Thread(target=begin, args=(waiting, "j3"))
        thread.start()
        wait_until(said)
        assert [row.job_guid for row in waiting.outbox()] == ["j1", "j2"]
        assert waiting.job("j3") is None
        let_go()
        thread.join(20)
    assert waiting.job("j3") is not None


def test_a_journal_that_is_locked_at_the_start_is_waited_for(path: Path, gate: Gate, said: list[str]) -> None:
    """Nothing stands in for it meanwhile: the job of the life before is known, and its report is there."""
    journal = Journal.open(path)
    begin(journal)
    journal.close()
    opened: list[Journal] = []
    with held(path, "BEGIN EXCLUSIVE") as let_go:
        thread = threading.Thread(target=lambda: opened.append(Journal.open(path, gate, OURS)))
        thread.start()
        wait_until(said)
        assert not opened
        assert not [file.name for file in path.parent.iterdir() if "beside" in file.name or "damaged" in file.name]
        let_go()
        thread.join(20)
    [again] = opened
    with pytest.raises(AlreadyKnownError):
        begin(again)
    assert [row.job_guid for row in again.outbox()] == ["j1"]
    again.close()


def test_a_command_does_not_wait_for_long(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a gate of its own a journal that is locked is an error, not a silence."""
    Journal.open(path).close()
    monkeypatch.setattr(gates, "HURRIED_SECONDS", 0.3)
    with held(path, "BEGIN EXCLUSIVE") as let_go:
        with pytest.raises(JournalError, match="another program uses it"):
            Journal.open(path)
        let_go()


def test_a_full_disk_is_outlasted(waiting: Journal, said: list[str]) -> None:
    """An outcome waits for room, and is there once."""
    db = waiting._file.db
    [pages] = db.execute("PRAGMA page_count").fetchone()
    db.execute(f"PRAGMA max_page_count = {pages}")
    reason = "r" * 20_000
    thread = threading.Thread(target=lambda: waiting.finish_job("j2", JobStatus.SUCCESS, T0, 0, reason, ""))
    thread.start()
    wait_until(said)
    assert "the disk is full" in said[0]
    record = waiting.job("j2")
    assert record is not None
    assert record.status is None
    db.execute("PRAGMA max_page_count = 100000")
    thread.join(20)
    record = waiting.job("j2")
    assert record is not None
    assert record.reason == reason
    assert [row.status for row in waiting.outbox()] == [JobStatus.SUCCESS, JobStatus.SUCCESS]
    assert said[-1] == ""


def test_a_job_can_be_looked_up_on_a_full_disk(waiting: Journal) -> None:
    """Whether it was run before is asked when it can't be written down; what waits to be noted waits for itself."""
    db = waiting._file.db
    [pages] = db.execute("PRAGMA page_count").fetchone()
    db.execute(f"PRAGMA max_page_count = {pages}")
    waiting.attempt_failed(waiting.outbox()[0].id, "e" * 20_000)
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(waiting.job("j1")), daemon=True)
    thread.start()
    thread.join(20)
    db.execute("PRAGMA max_page_count = 100000")
    assert found
    assert "e" * 20_000 in [row.last_error for row in waiting.outbox()]


def test_a_short_wait_is_nobodys_business(path: Path, said: list[str]) -> None:
    """A reader that copies the file for a moment makes no notification."""
    journal = Journal.open(path, Gate(Clock(), said.append), OURS)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.3, lambda: other.execute("ROLLBACK"))
    timer.start()
    begin(journal, started_at=T0 + timedelta(hours=1))
    timer.join()
    other.close()
    journal.close()
    assert said == []
