"""A job comes while another program holds the journal's file: it can't be written down, and isn't run."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from app.orchestrator.vocabulary import JobStatus
from app.robot import taking
from tests.robot.robot_under_test import eventually, reported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from app.journal.journal import Journal
    from app.sandbox.engine import Sandbox
    from tests.robot.robot_under_test import RobotUnderTest

    MakeRobot = Callable[..., RobotUnderTest]


@contextlib.contextmanager
def held(journal: Path, how: str) -> Iterator[None]:
    """Another connection has locked the file."""
    other = sqlite3.connect(journal, isolation_level=None, timeout=20)
    other.execute(how)
    try:
        yield
    finally:
        other.close()


@contextlib.contextmanager
def unreadable(journal: Journal) -> Iterator[None]:
    """A virus scanner has all of the file: every access is answered as SQLite does then."""

    class Busy:
        in_transaction = False

        def execute(self, _statement: str, *_parameters: Any) -> None:
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise error

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal._file, "db", Busy())
        yield


def test_an_abort_reaches_a_job_that_waits_to_be_written_down(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """It was handed out, so it can be aborted; its script is never started, when the file is free again."""
    robot = make_robot(when_idle="wait")
    robot.script("job", "import pathlib; pathlib.Path('ran.txt').touch()")
    robot.start()
    assert sandbox.wait_for(lambda s: len(s.requests) > 0, 20)
    with held(robot.paths.journal, "BEGIN IMMEDIATE"):
        sandbox.queue_job("job")
        assert sandbox.wait_for(lambda s: s.jobs[0].consumed_at is not None, 20)
        # Its heartbeat names it, so the Orchestrator may answer with its abort.
        assert eventually(lambda: robot.robot._current._order is not None)
        robot.controls.abort_job()
    assert sandbox.wait_for(lambda s: s.jobs[0].history[-1:] and s.jobs[0].history[-1][1] == JobStatus.ABORTED, 20)
    robot.controls.quit()
    robot.result()
    assert not list(robot.folder.rglob("ran.txt"))


def test_a_journal_that_cannot_even_be_read_keeps_nobody_from_telling(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """The job is given up after a minute; whether it was run here before isn't looked up for as long as that lasts."""
    robot = make_robot(when_idle="wait")
    robot.start()
    assert sandbox.wait_for(lambda s: len(s.requests) > 0, 20)
    with unreadable(robot.journal):
        job = sandbox.queue_job("job")
        assert sandbox.wait_for(lambda _: job.status is JobStatus.FAILED, 20)
    robot.controls.quit()
    robot.result()


def test_a_job_that_was_run_here_is_never_said_to_have_failed_because_the_journal_is_busy(
    make_robot: MakeRobot, sandbox: Sandbox
) -> None:
    """Handed out once more while nobody can look it up: what this robot remembers of it is told."""
    robot = make_robot(when_idle="wait")
    robot.script("job", "pass")
    job = sandbox.queue_job("job")
    robot.start()
    assert sandbox.wait_for(lambda s: reported(s)[-1:] == [JobStatus.SUCCESS], 20)
    order = taking.JobOrder(job.guid, "job")
    with held(robot.paths.journal, "BEGIN EXCLUSIVE"):
        assert robot.robot._taking._status_of_unjournaled(order) is JobStatus.SUCCESS
        assert robot.robot._taking._status_of_unjournaled(taking.JobOrder("another", "job")) is JobStatus.FAILED
    robot.controls.quit()
    robot.result()
