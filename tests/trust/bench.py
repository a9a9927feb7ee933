"""A robot whose calls are watched and can be led astray, and whose scripts are played rather than run.

The sandbox, the sockets, the journal and the robot are real. Only the script is not: a case ends it at just the right
moment, and hundreds of cases fit into seconds.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from app.base.paths import DataPaths
from app.jobs.outcome import Ending, EndingKind
from app.journal.gate import Gate
from app.journal.journal import Journal
from app.orchestrator.client import OrchestratorClient
from app.orchestrator.connections import ConnectionSettings
from app.orchestrator.identity import Identity, authorization
from app.orchestrator.origin import origin_of
from app.orchestrator.transport import Transport
from app.robot.controls import Controls, ExitReason
from app.robot.dependencies import Dependencies
from app.robot.loop import Robot
from app.robot.script_changes import ScriptChanges
from app.robot.state import Snapshot, StateBoard
from app.settings.model import Settings
from tests.contract.ready_job import ReadyJob
from tests.robot.robot_under_test import HurriedClock
from tests.trust.fault_cases import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from multiprocessing.context import BaseContext
    from pathlib import Path

    from app.orchestrator.transport import HttpResponse
    from app.orchestrator.vocabulary import JobOrder, JobStatus

PATIENCE: Final = 90.0  # the robots share one processor, and a busy machine has little of it


@dataclass(frozen=True)
class Attempt:
    """One call: which, and when it began and ended (seconds of the hurried clock)."""

    step: Step | None
    began: float
    ended: float
    failed: bool


class Detour:
    """Leads the calls of one step elsewhere, or has less patience with them, `count` times (None: always)."""

    def __init__(self, step: Step, connection: ConnectionSettings, count: int | None) -> None:
        self.step, self.connection, self.count = step, connection, count
        self.over = False

    def takes(self, step: Step | None) -> bool:
        """Whether this call is led astray; counted down."""
        if self.over or step is not self.step or self.count == 0:
            return False
        if self.count is not None:
            self.count -= 1
        return True


class Watch:
    """What the calls of one robot were, in order; an event's worth of waiting for them."""

    def __init__(self, clock: HurriedClock) -> None:
        self.clock = clock
        self.attempts: list[Attempt] = []
        self.changed = threading.Condition()

    def add(self, attempt: Attempt) -> None:
        """Note one."""
        with self.changed:
            self.attempts.append(attempt)
            self.changed.notify_all()

    def of(self, step: Step) -> list[Attempt]:
        """Those of one step."""
        with self.changed:
            return [attempt for attempt in self.attempts if attempt.step is step]

    def wait_for(self, step: Step, count: int) -> bool:
        """Wait for so many attempts of a step."""
        with self.changed:
            return self.changed.wait_for(lambda: len(self.of(step)) >= count, PATIENCE)


def step_of(path: str, form: Mapping[str, Any], job_was_left: bool, one_of_two: str | None = None) -> Step | None:
    """Which step of the algorithm makes this call; `one_of_two` is the GUID of the job that a fault is about.

    None: no step's, but a sign of life while the robot can't ask yet (it says Disconnected), on a machine that is busy.
    """
    if path.endswith("heartbeat"):
        return {2: Step.READY, 3: Step.WORKING}.get(form["Status"])
    if path.endswith("consumeNextJob"):
        return Step.CONSUME
    if one_of_two is not None:
        return Step.ONE_OF_TWO if form["guid"] == one_of_two else Step.OUTCOME
    if form["status"] == 8:
        return Step.IN_PROGRESS
    return Step.START if job_was_left else Step.OUTCOME


class _WatchedTransport:
    """A `Transport` whose requests are noted, and sometimes sent elsewhere."""

    def __init__(
        self,
        connection: ConnectionSettings,
        watch: Watch,
        detour: Detour | None,
        which: Callable[[str, Mapping[str, Any]], Step | None],
    ) -> None:
        self._right = Transport(connection)
        self._wrong = Transport(detour.connection) if detour else None
        self._watch, self._detour, self._which = watch, detour, which

    def request(self, method: str, path: str, form: Mapping[str, Any], **options: Any) -> HttpResponse:
        step = self._which(path, form)
        exchange = self._wrong if self._wrong and self._detour and self._detour.takes(step) else self._right
        began = self._watch.clock.monotonic()
        failed = True
        try:
            answer = exchange.request(method, path, form, **options)
            failed = answer.status >= 300
        finally:
            self._watch.add(Attempt(step, began, self._watch.clock.monotonic(), failed))
        return answer

    def cancel(self) -> None:
        for exchange in filter(None, (self._right, self._wrong)):
            exchange.cancel()

    def close(self) -> None:
        for exchange in filter(None, (self._right, self._wrong)):
            exchange.close()


class PlayedJob:
    """A script that goes on until `done()`, or until it is aborted."""

    identity = None

    def __init__(self, done: Callable[[], bool]) -> None:
        self._done = done
        self._aborted = threading.Event()
        self.ended = threading.Event()

    def wait(self, timeout: float | None) -> Ending | None:
        deadline = time.monotonic() + PATIENCE
        while not self._done() and not self._aborted.wait(0.002):
            assert time.monotonic() < deadline, "the script was never told to end"
        self.ended.set()
        if self._aborted.is_set():
            return Ending(EndingKind.KILLED_BY_ABORT, -9, "killed")
        return Ending(EndingKind.EXITED, 0, "ended")

    def request_stop(self) -> None:
        """This one doesn't listen."""

    def abort(self) -> None:
        self._aborted.set()


class Player:
    """Plays scripts; counts the runs of each job."""

    def __init__(self) -> None:
        self.runs: list[str] = []
        self.done: Callable[[], bool] = lambda: True

    def sweep(self) -> None:
        """Nothing is left of a played script."""

    def expect_job(self) -> None:
        """Nothing is started ahead."""

    expect_none = close = expect_job

    def ready(self, order: JobOrder, log_file: Path, mark: str) -> ReadyJob:
        return ReadyJob(lambda: self._start(order))

    def _start(self, order: JobOrder) -> PlayedJob:
        self.runs.append(order.guid)
        return PlayedJob(self.done)


class WatchedSession:
    """Notes what was unfinished at the moment of the log-off."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.log_offs = 0
        self.undelivered: list[JobStatus] = []
        self.running = 0

    def log_off(self) -> bool:
        self.log_offs += 1
        self.undelivered += [row.status for row in self._journal.outbox()]
        self.running += len(self._journal.interrupted())
        return True

    def keep_awake(self) -> AbstractContextManager[object]:
        return contextlib.nullcontext()


class WatchedRobot:
    """One life of a robot in `folder`; the next one in the same folder finds its journal."""

    def __init__(
        self,
        folder: Path,
        connection: ConnectionSettings,
        robot_guid: str,
        player: Player,
        detour: Detour | None = None,
        *,
        job_was_left: bool = False,
        one_of_two: str | None = None,
        **settings: Any,
    ) -> None:
        values = {
            "host": connection.host,
            "robot_guid": robot_guid,
            "scripts": folder,
            "data_dir": folder,
            "when_idle": "logoff",
            "logoff_countdown": 0,
            "heartbeat_seconds": 10,
            "request_timeout": 30,  # of the hurried clock: until then a request may still be carried out
        }
        self.settings = Settings.from_values(values | settings)
        self.clock = HurriedClock()
        self.watch = Watch(self.clock)
        self.board = StateBoard()
        self.controls = Controls(self.board)
        self.origin = origin_of(self.settings.host, self.settings.guid)
        self.gate = Gate(self.clock, lambda problem: self.board.publish(journal_problem=problem))
        self.controls.when_ending(self.gate.hurry)
        self.journal = Journal.open(DataPaths(folder).journal, self.gate, self.origin)
        self.session = WatchedSession(self.journal)
        self.seen: list[Snapshot] = []
        self.board.subscribe(self.seen.append)

        def new_client() -> OrchestratorClient:
            client = OrchestratorClient(Identity(robot_guid, "TESTBOX"), connection)
            client._transport = _WatchedTransport(
                connection, self.watch, detour, lambda path, form: step_of(path, form, job_was_left, one_of_two)
            )
            return client

        self.robot = Robot(
            Dependencies(
                settings=self.settings,
                paths=DataPaths(folder),
                journal=self.journal,
                runner=player,
                board=self.board,
                controls=self.controls,
                origin=self.origin,
                session=self.session,
                clock=self.clock,
                new_client=new_client,
                changes=ScriptChanges(self.journal, self.origin, new_client, self.clock, robot_guid, 10),
            )
        )
        self._outcome: list[ExitReason | BaseException] = []
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            self._outcome.append(self.robot.run())
        except BaseException as error:  # noqa: BLE001 - handed to the test
            self._outcome.append(error)

    @property
    def alive(self) -> bool:
        """Whether the loop goes on."""
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def result(self) -> ExitReason | BaseException:
        """Join; what `run` returned or raised."""
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), f"the robot did not end; {self.board.snapshot}"
        return self._outcome[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.alive:
            self.controls.quit()
            self._thread.join(PATIENCE)
        self.journal.close()


def quick_processes() -> BaseContext:
    """For processes that have the suite's imports done; under Windows each begins with them."""
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.trust.crash_driver", "tests.trust.busy_run"])
    return context


def connection_to(url: str, robot_guid: str, timeout: float) -> ConnectionSettings:
    """As the service makes it."""
    return ConnectionSettings(url, authorization(robot_guid), timeout)


@contextlib.contextmanager
def failing_names() -> Iterator[None]:
    """`*.invalid` is not found at once, without any network (RFC 6761, 6.4)."""
    import socket

    real = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if str(host).endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *args, **kwargs)

    socket.getaddrinfo = getaddrinfo
    try:
        yield
    finally:
        socket.getaddrinfo = real
