"""Disks that are full, folders that can't be written, clocks that jump: what was done is not lost."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from app.base.errors import ExitCode, RobotError
from app.base.redaction import Redactor
from app.journal.errors import JournalError, JournalVersionError
from app.orchestrator.vocabulary import JobStatus
from app.program.service import Service
from app.robot.controls import ExitReason
from app.robot.state import RobotState, StateBoard
from app.sandbox.server import SandboxServer
from app.settings.loading import load_settings
from tests.contract.robot_process import wait_until
from tests.robot.robot_under_test import GUID, FakeSession, HurriedClock, RobotUnderTest, calls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from app.journal.journal import Journal
    from app.sandbox.engine import Sandbox

    MakeRobot = Callable[..., RobotUnderTest]

FOREVER = "import time\nprint('begun', flush=True)\nwhile True: time.sleep(60)\n"


class Disk:
    """Stands before a journal's connection; while it is full, SQLite's own error meets every write."""

    def __init__(self, journal: Journal) -> None:
        self._db = journal._file.db
        self.full_for: str | tuple[str, ...] | None = None  # statements that begin so fail
        self.refused = threading.Event()
        journal._file.db = self

    def execute(self, statement: str, *parameters: Any) -> Any:
        if self.full_for and statement.startswith(self.full_for):
            self.refused.set()
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        return self._db.execute(statement, *parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)


def test_an_outcome_waits_for_room_on_the_disk(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """A job that succeeded while the disk was full is reported as Success once there is room, not as Failed."""
    robot = make_robot()
    robot.script("job", FOREVER.replace("while True: time.sleep(60)", "time.sleep(0.1)"))
    sandbox.queue_job("job")
    disk = Disk(robot.journal)
    robot.start()
    robot.wait_for_line("begun")
    disk.full_for = "BEGIN"
    problem = robot.wait_for(lambda snapshot: snapshot.state is RobotState.ERROR).problem
    assert "full" in problem
    disk.full_for = None
    assert robot.result() is ExitReason.NO_MORE_WORK
    assert sandbox.jobs[0].reported == [JobStatus.IN_PROGRESS, JobStatus.SUCCESS]
    assert robot.board.snapshot.problem == ""


def test_a_job_is_not_begun_before_it_can_be_written_down(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """A job handed out while the disk is full waits, shown with its reason, and runs once there is room."""
    robot = make_robot()
    robot.script("job", "")
    sandbox.queue_job("job")
    disk = Disk(robot.journal)
    disk.full_for = "BEGIN"
    robot.start()
    robot.wait_for(lambda snapshot: snapshot.state is RobotState.ERROR)
    assert sandbox.jobs[0].reported == []
    disk.full_for = None
    working = robot.wait_for(lambda snapshot: snapshot.state is RobotState.WORKING)
    assert working.problem == ""
    assert robot.result() is ExitReason.NO_MORE_WORK
    assert sandbox.jobs[0].reported == [JobStatus.IN_PROGRESS, JobStatus.SUCCESS]


def test_a_robot_that_waits_for_room_can_be_ended(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """Quit works while the disk is full; a job that couldn't be written down is not run, and the operator hears so."""
    robot = make_robot()
    robot.script("job", "")
    sandbox.queue_job("job")
    disk = Disk(robot.journal)
    disk.full_for = "BEGIN"
    robot.start()
    robot.wait_for(lambda snapshot: snapshot.state is RobotState.ERROR)
    robot.controls.quit()
    assert robot.result() is ExitReason.TOLD_TO_END
    assert sandbox.jobs[0].reported == [JobStatus.ABORTED]


def test_a_job_that_can_not_be_written_down_is_reported_while_the_disk_takes_nothing(
    make_robot: MakeRobot, sandbox: Sandbox
) -> None:
    """After a minute, though the outbox can't be read either; and before the robot says that it is ready again."""
    robot = make_robot()
    robot.script("job", "")
    sandbox.queue_job("job")
    disk = Disk(robot.journal)
    disk.full_for = "BEGIN"
    robot.start()
    robot.wait_for(lambda snapshot: snapshot.state is RobotState.ERROR)
    disk.full_for = ("BEGIN", "\nSELECT outbox.id")
    wait_until(lambda: sandbox.jobs[0].reported == [JobStatus.FAILED])
    disk.full_for = None
    assert robot.result() is ExitReason.NO_MORE_WORK
    said = calls(sandbox)
    told = said.index("update 5")
    assert [each for each in said[said.index("consumeNextJob 2") + 1 : told] if each == "heartbeat 2"] == []


def test_a_robot_whose_journal_can_not_be_read_is_heard(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """Before it leaves, it looks whether anything waits; while it can't, the Orchestrator hears it (seed 9133)."""
    robot = make_robot()
    robot.controls.pause()
    disk = Disk(robot.journal)
    robot.start()
    wait_until(lambda: "heartbeat 0" in calls(sandbox))
    disk.full_for = "\nSELECT outbox.id"
    assert disk.refused.wait(20)
    robot.controls.resume()
    wait_until(lambda: "heartbeat 2" in calls(sandbox))
    said = len(calls(sandbox))
    wait_until(lambda: calls(sandbox)[said:].count("heartbeat 0") >= 3)
    disk.full_for = None
    assert robot.result() is ExitReason.NO_MORE_WORK


def test_a_full_disk_does_not_hold_up_a_robot_that_leaves(
    make_robot: MakeRobot, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody hears it any more, nor may another one start: the next start looks at the journal (seed 50497)."""
    robot = make_robot()
    disk, close = Disk(robot.journal), robot.robot._delivery.close

    def close_when_full(*seconds: float) -> None:
        disk.full_for = ("BEGIN", "\nSELECT outbox.id")
        robot.robot._delivery.put_down()
        assert disk.refused.wait(20)
        close(*seconds)

    monkeypatch.setattr(robot.robot._delivery, "close", close_when_full)
    assert robot.run() is ExitReason.NO_MORE_WORK
    assert calls(sandbox) == ["heartbeat 2"]


def test_a_process_that_cannot_be_noted_runs_on(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """Its mark identifies a script's process anyway, so a full disk at just that moment costs nothing."""
    robot = make_robot()
    robot.script("job", "")
    sandbox.queue_job("job")
    disk = Disk(robot.journal)
    disk.full_for = "UPDATE jobs SET pid"
    robot.run()
    assert disk.refused.is_set()
    assert sandbox.jobs[0].reported == [JobStatus.IN_PROGRESS, JobStatus.SUCCESS]


def test_the_end_of_the_session_ends_the_job_whatever_the_disk_says(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """If the outcome can't be written down when Windows ends the session, the script is ended all the same."""
    robot = make_robot()
    robot.script("job", FOREVER)
    sandbox.queue_job("job")
    disk = Disk(robot.journal)
    robot.start()
    robot.wait_for_line("begun")
    disk.full_for = "BEGIN"
    robot.controls.end_of_session()
    with pytest.raises(JournalError):
        robot.result()
    disk.full_for = None
    make_robot().run()
    assert sandbox.jobs[0].reported == [JobStatus.IN_PROGRESS, JobStatus.FAILED]


def _run_service(config: Path) -> StateBoard:
    board = StateBoard()
    Service(
        lambda: load_settings(config, {}), config, board, FakeSession(), Redactor(), HurriedClock(), persistent=False
    ).run()
    return board


@pytest.fixture
def config(tmp_path: Path, sandbox: Sandbox) -> Iterator[Path]:
    """A settings file of a robot that exits when idle."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "job.py").write_text("")
    file = tmp_path / "robot.toml"
    with SandboxServer(sandbox) as server:
        file.write_text(f"host = '{server.url}'\nrobot_guid = '{GUID}'\nwhen_idle = 'exit'\ndata_dir = 'data'\n")
        yield file


@pytest.mark.parametrize("what", ["a file", "no folder"])
def test_a_data_folder_that_cannot_be_used_is_said_before_any_job_is_taken(
    config: Path, sandbox: Sandbox, what: str
) -> None:
    """The robot ends with words and without a request: what it can't write down it doesn't begin."""
    sandbox.queue_job("job")
    data = config.parent / "data"
    if what == "a file":
        data.write_text("")
    else:
        data.symlink_to("/proc/1/nothing")
    with pytest.raises(RobotError, match="data"):
        _run_service(config)
    assert not sandbox.requests


def test_a_journal_that_cannot_be_opened_stops_the_robot_before_any_job_is_taken(
    config: Path, sandbox: Sandbox
) -> None:
    """A folder where the write-ahead log should be: nothing can be written, so nothing is begun."""
    sandbox.queue_job("job")
    data = config.parent / "data"
    data.mkdir()
    for name in ("journal.sqlite3-wal", "journal.new.sqlite3-wal"):
        (data / name).mkdir()
    with pytest.raises(JournalError):
        _run_service(config)
    assert not sandbox.requests


def test_a_journal_of_a_later_version_ends_the_robot_before_any_request(config: Path, sandbox: Sandbox) -> None:
    """What it remembers can't be known, so nothing may be run: exit code 2, and the file stays as it is."""
    sandbox.queue_job("job")
    data = config.parent / "data"
    data.mkdir()
    file = data / "journal.sqlite3"
    with contextlib.closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA user_version = 999")
    before = file.read_bytes()
    with pytest.raises(JournalVersionError, match="later version") as caught:
        _run_service(config)
    assert caught.value.exit_code is ExitCode.USAGE
    assert file.read_bytes() == before
    assert not sandbox.requests


def test_a_journal_that_is_no_use_is_set_aside_and_work_goes_on(config: Path, sandbox: Sandbox) -> None:
    """A damaged journal keeps its content beside the new one."""
    sandbox.queue_job("job")
    data = config.parent / "data"
    data.mkdir()
    (data / "journal.sqlite3").write_bytes(os.urandom(8192))
    _run_service(config)
    assert sandbox.jobs[0].reported == [JobStatus.IN_PROGRESS, JobStatus.SUCCESS]
    assert len(list(data.glob("journal.damaged-*.sqlite3"))) == 1


class JumpingClock(HurriedClock):
    """A wall clock that is set a day forward or back at every look."""

    def __init__(self) -> None:
        super().__init__()
        self._looks = 0

    def now(self) -> datetime:
        self._looks += 1
        return datetime.now(UTC) + timedelta(days=(0, 1, -1)[self._looks % 3])


def test_a_clock_that_jumps_by_a_day_changes_nothing(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """Waits go by the monotonic clock, order by the journal's own numbers: every job once, in order, nothing early."""
    robot = make_robot(heartbeat_seconds=10, offline_limit=3600, logoff_countdown=5, when_idle="logoff")
    robot.robot._clock = JumpingClock()
    robot.script("job", "import time; time.sleep(0.15)")
    jobs = [sandbox.queue_job("job") for _ in range(4)]
    assert robot.run() is ExitReason.NO_MORE_WORK
    assert [job.reported for job in jobs] == [[JobStatus.IN_PROGRESS, JobStatus.SUCCESS]] * 4
    assert [record.guid for record in robot.journal.jobs()] == [job.guid for job in reversed(jobs)]
    assert robot.session.log_offs == 1
