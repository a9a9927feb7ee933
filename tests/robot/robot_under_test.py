"""A robot on a thread of its own with a real journal, real scripts, a clock that hurries. Needs no pytest."""

from __future__ import annotations

import contextlib
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from app.base.clock import Clock
from app.base.paths import DataPaths
from app.jobs.runner import JobRunner
from app.journal.gate import Gate
from app.journal.journal import Journal
from app.orchestrator.client import OrchestratorClient
from app.orchestrator.connections import ConnectionSettings
from app.orchestrator.identity import Identity, authorization
from app.orchestrator.origin import origin_of
from app.program.script_channels import script_channels
from app.robot.controls import Controls, ExitReason
from app.robot.dependencies import Dependencies
from app.robot.loop import Robot
from app.robot.pace import Polls
from app.robot.state import Snapshot, StateBoard
from app.settings.model import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    from app.orchestrator.vocabulary import JobStatus
    from app.sandbox.engine import Sandbox

GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"
PATIENCE = 20.0
LOOP = "robot under test"  # the thread of the robot's loop
FOREVER = "import time\nprint('begun', flush=True)\nwhile True: time.sleep(60)\n"
COUNTED = "import pathlib\nwith open('ran.txt', 'a') as f: f.write('x')\n"


def eventually(look: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Look until there is something to see; the last look's answer, which may be nothing."""
    deadline = time.monotonic() + seconds
    while not (seen := look()) and time.monotonic() < deadline:
        time.sleep(0.005)
    return seen


class HurriedClock(Clock):
    """A clock a hundred times as fast: backoff, polling and countdowns don't slow the tests.

    Ten seconds of it are a tenth of one, which a busy machine may stall: a test to which it matters that a robot is in
    time has one that hurries less.
    """

    def __init__(self, times: int = 100) -> None:
        self._times = times
        self.waits: list[float] = []
        self.waits_of_the_loop: list[float] = []
        self._began, self._began_at = super().now(), self.monotonic()

    def now(self) -> datetime:
        return self._began + timedelta(seconds=self.monotonic() - self._began_at)

    def monotonic(self) -> float:
        return super().monotonic() * self._times

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.waits.append(seconds)
        if threading.current_thread().name == LOOP:
            self.waits_of_the_loop.append(seconds)
        return super().wait(event, seconds / self._times)


class FakeSession:
    """A Windows session that only takes notes."""

    def __init__(self) -> None:
        self.log_offs = 0
        self.can_log_off = True
        self.awake = 0

    def log_off(self) -> bool:
        self.log_offs += 1
        return self.can_log_off

    def keep_awake(self) -> AbstractContextManager[object]:
        @contextlib.contextmanager
        def awake() -> Iterator[None]:
            self.awake += 1
            yield
            self.awake -= 1

        return awake()


class RobotUnderTest:
    """One robot and what is around it; `start` runs it on a thread, `result` joins it."""

    def __init__(self, folder: Path, url: str, *, clock: HurriedClock | None = None, **settings: Any) -> None:
        self.folder = folder
        self.scripts = folder / "scripts"
        self.scripts.mkdir(parents=True, exist_ok=True)
        values = {
            "host": url,
            "robot_guid": GUID,
            "scripts": self.scripts,
            "data_dir": folder / "data",
            "when_idle": "exit",
            "heartbeat_seconds": 300,
            "logoff_countdown": 0,
            "request_timeout": 3,
        }
        self.settings = Settings.from_values(values | settings)
        self.paths = DataPaths(self.settings.data_dir)
        self.paths.root.mkdir(exist_ok=True)
        self.clock = clock or HurriedClock()
        self.board = StateBoard()
        self.controls = Controls(self.board)
        self.origin = origin_of(self.settings.host, self.settings.guid)
        self.gate = Gate(self.clock, lambda problem: self.board.publish(journal_problem=problem))
        self.controls.when_ending(self.gate.hurry)
        self.seen: list[Snapshot] = []
        self.board.subscribe(self.seen.append)
        self.session = FakeSession()
        self.journal = Journal.open(self.paths.journal, self.gate, self.origin)
        connection = ConnectionSettings(url, authorization(GUID), self.settings.request_timeout)
        new_client = lambda: OrchestratorClient(Identity(GUID, "TESTBOX"), connection)  # noqa: E731
        self.polls = Polls()
        self.gateway, self.changes = script_channels(
            self.settings, self.origin, self.paths, self.journal, new_client, self.board, self.clock
        )
        self.robot = Robot(
            Dependencies(
                settings=self.settings,
                paths=self.paths,
                journal=self.journal,
                runner=JobRunner(self.settings, self.paths.runs, self.gateway),
                board=self.board,
                controls=self.controls,
                origin=self.origin,
                session=self.session,
                clock=self.clock,
                new_client=new_client,
                changes=self.changes,
                polls=self.polls,
            )
        )
        self._outcome: list[ExitReason | BaseException] = []
        self._thread = threading.Thread(target=self._run, name=LOOP)

    def script(self, name: str, text: str) -> None:
        """Put a script into the scripts folder."""
        file = self.scripts / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")

    def _run(self) -> None:
        try:
            self._outcome.append(self.robot.run())
        except BaseException as error:  # noqa: BLE001 - handed to the test
            self._outcome.append(error)

    def start(self) -> None:
        self._thread.start()

    def result(self) -> ExitReason:
        """Join the robot; what it returned, or raised."""
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "the robot did not end"
        outcome = self._outcome[0]
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def run(self) -> ExitReason:
        self.start()
        return self.result()

    def wait_for(self, condition: Callable[[Snapshot], bool]) -> Snapshot:
        """The first snapshot, present or later, that fulfils `condition`."""
        found = threading.Event()
        hits: list[Snapshot] = []

        def look(snapshot: Snapshot) -> None:
            if condition(snapshot):
                hits.append(snapshot)
                found.set()

        unsubscribe = self.board.subscribe(look)
        try:
            assert found.wait(PATIENCE), f"never seen; last: {self.board.snapshot}"
        finally:
            unsubscribe()
        return hits[0]

    def wait_for_line(self, text: str) -> None:
        """Wait until the running job has printed `text`."""
        snapshot = self.wait_for(lambda snapshot: snapshot.job is not None)
        assert snapshot.job
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            file = snapshot.job.log_file
            if file.exists() and text in file.read_text("utf-8", errors="replace"):
                return
            time.sleep(0.01)
        raise AssertionError(f"{text!r} was never printed")

    def end(self) -> None:
        if self._thread.is_alive():
            self.controls.quit()
            self._thread.join(PATIENCE)
        with self.gateway:
            pass
        self.journal.close()


def reported(sandbox: Sandbox, index: int = 0) -> list[JobStatus]:
    """What the robot reported of a job, in order."""
    return [status for _, status in sandbox.jobs[index].history]


def calls(sandbox: Sandbox) -> list[str]:
    """The requests of the robot as `name status`."""
    names = []
    for request in sandbox.requests:
        detail = request.form.get("Status") or request.form.get("status")
        names.append(f"{request.path.rsplit('/', 1)[-1]} {detail}")
    return names
