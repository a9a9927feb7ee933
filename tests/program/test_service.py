"""The life of the robot around the loop: settings that change, errors that a person mends."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from app.base.errors import ExitCode, RefusedError, SettingsError
from app.base.redaction import Redactor
from app.journal.journal import Journal
from app.orchestrator.vocabulary import JobStatus
from app.program.service import Service
from app.robot.state import RobotState, StateBoard
from app.settings.loading import load_settings
from tests.robot.robot_under_test import GUID, PATIENCE, FakeSession, HurriedClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from app.sandbox.engine import Sandbox
    from app.sandbox.server import SandboxServer
    from app.settings.loading import LoadedSettings


class ServiceUnderTest:
    """A service on a thread, with its settings file."""

    def __init__(self, folder: Path, url: str, *, persistent: bool) -> None:
        self.file = folder / "robot.toml"
        self.url = url
        self.folder = folder
        (folder / "scripts").mkdir()
        (folder / "scripts" / "job.py").write_text("import time; print('begun', flush=True); time.sleep(0.3)")
        self.board = StateBoard()
        self.clock = HurriedClock()
        self.session = FakeSession()
        self.service = Service(
            lambda: load_settings(self.file, {}),
            self.file,
            self.board,
            self.session,
            Redactor(),
            self.clock,
            persistent=persistent,
            look_seconds=0.02,
        )
        self.outcome: list[ExitCode | BaseException] = []
        self.thread = threading.Thread(target=self._run)

    def write(self, **values: object) -> None:
        """Write the settings file; every value as TOML understands it."""
        settings = {"host": self.url, "robot_guid": GUID, "when_idle": "wait", "poll_seconds": 1} | values
        settings.setdefault("data_dir", str(self.folder / "data"))
        lines = [f"{key} = {value!r}" for key, value in settings.items()]
        self.file.write_text("\n".join(lines), "utf-8")

    def _run(self) -> None:
        try:
            self.outcome.append(self.service.run())
        except BaseException as error:  # noqa: BLE001 - handed to the test
            self.outcome.append(error)

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that needs no event of its own."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"never happened; {self.board.snapshot} {self.outcome}"
            time.sleep(0.01)

    def end(self) -> None:
        """Quit and join."""
        self.service.controls.quit()
        if self.thread.ident:
            self.thread.join(PATIENCE)
            assert not self.thread.is_alive()


@pytest.fixture
def make_service(tmp_path: Path, server: SandboxServer) -> Iterator[Callable[..., ServiceUnderTest]]:
    """Makes services that are ended with the test."""
    made: list[ServiceUnderTest] = []

    def make(*, persistent: bool) -> ServiceUnderTest:
        service = ServiceUnderTest(tmp_path, server.url, persistent=persistent)
        made.append(service)
        return service

    yield make
    for service in made:
        service.end()


def test_a_refusal_ends_a_headless_service(
    make_service: Callable[..., ServiceUnderTest], server: SandboxServer
) -> None:
    """Headless, an unknown robot ends with the error that carries exit code 3."""
    service = make_service(persistent=False)
    service.write(robot_guid="11111111-2222-3333-4444-555555555555")
    service.thread.start()
    service.thread.join(PATIENCE)
    assert isinstance(service.outcome[0], RefusedError)
    assert service.outcome[0].exit_code == ExitCode.REFUSED


def test_behind_the_tray_a_fixed_file_is_enough(
    make_service: Callable[..., ServiceUnderTest], sandbox: Sandbox
) -> None:
    """Wrong settings show Error; the robot goes on as soon as the file is saved right."""
    service = make_service(persistent=True)
    service.file.write_text("host = 'nonsense'")
    service.thread.start()
    service.until(lambda: service.board.snapshot.state is RobotState.ERROR)
    assert "robot_guid" in service.board.snapshot.problem
    assert service.board.snapshot.no_settings
    service.write()
    service.until(lambda: bool(sandbox.requests) and service.board.snapshot.state is RobotState.READY)
    assert not service.board.snapshot.no_settings


def test_behind_the_tray_a_robot_added_at_the_orchestrator_is_enough(
    make_service: Callable[..., ServiceUnderTest], sandbox: Sandbox
) -> None:
    """A refused robot tries again by itself, so a fix on the Orchestrator's side is enough."""
    guid = "11111111-2222-3333-4444-555555555555"
    service = make_service(persistent=True)
    service.write(robot_guid=guid)
    service.thread.start()
    service.until(lambda: service.board.snapshot.state is RobotState.ERROR)
    sandbox.add_robot(guid)
    service.until(lambda: service.board.snapshot.state is RobotState.READY)


def test_changed_settings_take_effect_between_jobs(
    make_service: Callable[..., ServiceUnderTest], sandbox: Sandbox
) -> None:
    """A job that runs is not disturbed by a saved file; afterwards the new settings rule."""
    service = make_service(persistent=True)
    service.write()
    job = sandbox.queue_job("job")
    service.thread.start()
    service.until(lambda: job.status is JobStatus.IN_PROGRESS)
    service.write(when_idle="exit")
    service.thread.join(PATIENCE)
    assert service.outcome == [ExitCode.OK]
    assert job.status is JobStatus.SUCCESS


def test_a_cancelled_log_off_outlasts_a_change_of_the_settings(
    make_service: Callable[..., ServiceUnderTest], sandbox: Sandbox
) -> None:
    """Who has cancelled the log-off and then saves the settings is not logged off by that."""
    service = make_service(persistent=True)
    service.write(when_idle="logoff", logoff_countdown=3600)
    service.thread.start()
    service.until(lambda: service.board.snapshot.state is RobotState.LEAVING)
    service.service.controls.cancel_leaving()
    service.until(lambda: service.board.snapshot.state is RobotState.READY)
    service.write(when_idle="logoff", logoff_countdown=1)
    service.until(lambda: service.service.loaded.settings.logoff_countdown == 1)
    asked = sandbox.requests[-1].number  # only the newest are kept
    service.until(lambda: sandbox.requests[-1].number >= asked + 3)
    assert service.session.log_offs == 0


def test_a_wrong_change_is_said_and_the_old_settings_stay(
    make_service: Callable[..., ServiceUnderTest], sandbox: Sandbox
) -> None:
    """A mistake in a saved file neither stops the robot nor is kept quiet."""
    service = make_service(persistent=True)
    service.write()
    service.thread.start()
    service.until(lambda: bool(sandbox.requests))
    service.write(poll_seconds=-1)
    service.until(lambda: "poll_seconds" in service.board.snapshot.settings_problem)
    before = sandbox.requests[-1].number
    assert sandbox.wait_for(lambda s: s.requests[-1].number > before + 2, 10)
    service.write(poll_seconds=1.5)
    service.until(lambda: not service.board.snapshot.settings_problem)


def test_a_wrong_change_during_the_start_is_said_as_well(
    make_service: Callable[..., ServiceUnderTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake that is saved while the robot waits for its journal is said as soon as the robot is there."""
    service = make_service(persistent=True)
    service.write()
    opened, woken = Journal.open, service.service.controls.wake

    def open_slowly(*arguments: Any) -> Journal:
        woken.clear()
        service.write(poll_seconds=-1)
        assert woken.wait(PATIENCE)  # the watch has read it
        return opened(*arguments)

    monkeypatch.setattr(Journal, "open", open_slowly)
    service.thread.start()
    service.until(lambda: "poll_seconds" in service.board.snapshot.settings_problem)
    service.write(poll_seconds=1.5)
    service.until(lambda: not service.board.snapshot.settings_problem)


def test_settings_that_are_taken_back_at_once_are_those_of_before(
    make_service: Callable[..., ServiceUnderTest], sandbox: Sandbox
) -> None:
    """A change and its taking back while a job runs: afterwards the robot works with what the file says."""
    service = make_service(persistent=True)
    service.write()
    go_on = service.folder / "go on"
    text = f"import pathlib, time\nwhile not pathlib.Path({str(go_on)!r}).exists(): time.sleep(0.05)"
    (service.folder / "scripts" / "job.py").write_text(text, "utf-8")
    job = sandbox.queue_job("job")
    service.thread.start()
    service.until(lambda: service.board.snapshot.job is not None)
    read, load = [], service.service._load

    def noted_load() -> LoadedSettings:
        loaded = load()
        read.append(loaded.settings.poll_seconds)
        return loaded

    service.service._load = noted_load
    service.write(poll_seconds=2)
    service.until(lambda: read[-1:] == [2] and service.service.controls.reloading)
    service.write()
    service.until(lambda: read[-1] == 1)
    go_on.touch()
    service.until(lambda: bool(job.final_reports) and not service.service.controls.reloading)
    heard = sandbox.requests[-1].number
    assert sandbox.wait_for(lambda s: s.requests[-1].number > heard + 3, 10)
    assert service.service.loaded is not None
    assert service.service.loaded.settings.poll_seconds == 1


def test_wrong_settings_end_a_headless_service(make_service: Callable[..., ServiceUnderTest]) -> None:
    """Headless, wrong settings are an error with exit code 2."""
    service = make_service(persistent=False)
    service.write(heartbeat_seconds=0)
    service.thread.start()
    service.thread.join(PATIENCE)
    assert isinstance(service.outcome[0], SettingsError)


def test_the_log_says_why_a_robot_does_not_come_up(make_service: Callable[..., ServiceUnderTest]) -> None:
    """A journal of a later version ends the program before there is a robot: robot.log says so as well."""
    service = make_service(persistent=False)
    service.write()
    data = service.folder / "data"
    data.mkdir()
    with contextlib.closing(sqlite3.connect(data / "journal.sqlite3")) as journal:
        journal.execute("PRAGMA user_version = 99")
    service.thread.start()
    service.thread.join(PATIENCE)
    assert service.outcome[0].exit_code == ExitCode.USAGE
    assert "later version" in (data / "logs" / "robot.log").read_text("utf-8")


def test_told_to_end_while_the_journal_is_held_is_no_error(make_service: Callable[..., ServiceUnderTest]) -> None:
    """Whoever ends a robot that still waits for its journal gets an ordinary end."""
    service = make_service(persistent=False)
    service.write()
    file = service.folder / "data" / "journal.sqlite3"
    file.parent.mkdir()
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        service.thread.start()
        service.until(lambda: bool(service.board.snapshot.journal_problem))
        service.service.controls.quit()
        service.thread.join(PATIENCE)
    assert service.outcome == [ExitCode.OK]
