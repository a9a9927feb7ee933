"""What is told of a robot's life: changes at once, the end, and nothing over another robot's record."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import psutil
import pytest

from app.base.clock import Clock
from app.base.errors import RefusedError
from app.base.redaction import Redactor
from app.gateway.records import Progress
from app.monitoring.monitor import Monitor
from app.orchestrator.origin import origin_of
from app.robot.state import RobotState, ShownJob, StateBoard
from app.settings.model import Settings
from app.status.file import own_process, write_status
from app.status.record import Process, Status, StatusProgress, read_text
from tests.robot.robot_under_test import GUID, PATIENCE, HurriedClock, eventually

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Some, with a data folder that isn't there yet."""
    host = "http://orchestrator:4500"
    return Settings.from_values({"host": host, "robot_guid": GUID, "scripts": tmp_path, "data_dir": tmp_path / "data"})


def record(settings: Settings) -> Status:
    """What the file says."""
    return read_text((settings.data_dir / "status.json").read_text("utf-8"))


def until(settings: Settings, condition: Callable[[Status], bool]) -> Status:
    """The first record that fulfils `condition`."""
    deadline = time.monotonic() + PATIENCE
    while True:
        if (settings.data_dir / "status.json").exists() and condition(found := record(settings)):
            return found
        assert time.monotonic() < deadline, "never told"
        time.sleep(0.005)


def test_what_the_robot_does_is_told(settings: Settings, tmp_path: Path) -> None:
    """State, job, trouble, whose it is; the GUID in none of it, whatever a server says; "ended" at the end."""
    board, clock = StateBoard(), HurriedClock()
    with Monitor(board, Redactor(GUID), clock) as monitor:
        assert not settings.data_dir.exists()
        monitor.use(settings)
        first = until(settings, lambda status: status.state == "ready")
        assert first.process == own_process()
        assert first.robot == origin_of(settings.host, GUID).fingerprint
        assert first.heard is None
        assert eventually(lambda: clock.now() > first.since + timedelta(seconds=1))  # records know whole seconds
        job = ShownJob("5f3c9a17", f"job {GUID}", clock.now(), tmp_path / "log", progress=Progress(1, 4, f"at {GUID}"))
        board.heard_at = clock.now()
        board.publish(state=RobotState.WORKING, job=job, undelivered=3)
        working = until(settings, lambda status: status.state == "working")
        assert working.job
        assert (working.job.guid, working.job.name) == ("5f3c9a17", "job ***")
        assert working.job.progress == StatusProgress(1, 4, "at ***")
        assert working.waiting == 3
        assert working.heard
        assert working.since > first.since
        board.publish(state=RobotState.ERROR, problem=f"{GUID.upper()} is unknown", job=None)
        assert until(settings, lambda status: status.state == "error").problem == "*** is unknown"
        board.publish(state=RobotState.READY, problem="", paused=True)
        until(settings, lambda status: status.state == "paused")
    ended = record(settings)
    assert (ended.state, ended.exit_code, ended.problem) == ("ended", 0, "")


def test_an_error_that_ends_the_program_is_told(settings: Settings) -> None:
    """The last word is what ended it, with its exit code."""

    def refuse() -> None:
        with Monitor(StateBoard(), Redactor(GUID), HurriedClock()) as monitor:
            monitor.use(settings)
            raise RefusedError(f"no {GUID}")

    with pytest.raises(RefusedError):
        refuse()
    assert (record(settings).state, record(settings).exit_code, record(settings).problem) == ("ended", 3, "no ***")


def test_it_is_fresh_while_the_robot_lives(settings: Settings) -> None:
    """Without any change it is written anew every half minute: a copy elsewhere can tell a dead robot by its age."""
    with Monitor(StateBoard(), Redactor(), HurriedClock()) as monitor:
        monitor.use(settings)
        first = until(settings, lambda _status: True)
        until(settings, lambda status: status.written > first.written)


def test_a_record_of_another_robot_that_lives_stays(settings: Settings) -> None:
    """One that waits for a person, or ends because the folder is taken, doesn't write over the one that works there."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        board = StateBoard()
        with Monitor(board, Redactor(), HurriedClock()) as monitor:
            monitor.use(settings)
            ours = until(settings, lambda _status: True)
            other = Process(child.pid, psutil.Process(child.pid).create_time())
            write_status(settings.data_dir / "status.json", replace(ours, process=other))
            board.publish(problem="something")
            time.sleep(0.2)
        assert record(settings).process == other
        assert record(settings).problem == ""
    finally:
        child.communicate(b"\n")


def test_a_full_disk_ends_nothing(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """What can't be written is said once, and written when it can be."""
    settings.data_dir.write_text("in the way")
    board = StateBoard()
    with Monitor(board, Redactor(), HurriedClock()) as monitor:
        monitor.use(settings)
        deadline = time.monotonic() + PATIENCE
        while not caplog.records:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        board.publish(problem="x")
        time.sleep(0.1)
        assert len(caplog.records) == 1
        settings.data_dir.unlink()
        board.publish(problem="y")
        until(settings, lambda status: status.problem == "y")


class HeldUpClock(Clock):
    """No wait ends because time has passed."""

    def __init__(self) -> None:
        self.waits = 0

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.waits += 1
        return event.wait(seconds + 2 * PATIENCE)


def test_the_first_record_is_written_at_once(settings: Settings) -> None:
    """A robot that is killed in its first second is known to have been there, whatever was said before it came up."""
    board, clock = StateBoard(), HeldUpClock()
    with Monitor(board, Redactor(), clock) as monitor:
        board.publish(problem="before there are settings")
        assert eventually(lambda: clock.waits >= 2)
        monitor.use(settings)
        until(settings, lambda _status: True)
