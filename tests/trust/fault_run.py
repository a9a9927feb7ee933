"""Plays one case of the fault suite and says what was wrong, if anything was."""

from __future__ import annotations

import contextlib
import itertools
import socket
import tempfile
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from app.base.errors import OfflineLimitError
from app.base.paths import DataPaths
from app.journal.journal import Journal
from app.orchestrator.origin import origin_of
from app.orchestrator.vocabulary import JobStatus, RobotStatus
from app.robot.controls import ExitReason
from app.robot.state import RobotState
from app.sandbox.engine import Heartbeat, Sandbox
from app.sandbox.faults import Fault, FaultKind
from app.sandbox.server import SandboxServer
from tests.orchestrator.wire import Authority, WireServer, always, answer
from tests.trust.bench import Detour, Player, WatchedRobot, connection_to, failing_names
from tests.trust.fault_cases import (
    COUNTS_AS_TAKEN,
    DEAD_LETTER,
    GAVE_UP,
    RECOVERED,
    STAYED,
    UNDISTURBED,
    Case,
    Course,
    Road,
    Step,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.orchestrator.connections import ConnectionSettings
    from app.sandbox.records import SandboxJob

TIMEOUT: Final = 8.0  # never reached by an honest answer, however busy the machine is
SHORT_TIMEOUT: Final = 0.2  # for the faults that are only ended by it
LIMIT: Final = 12.0  # offline_limit
HITS: Final = 2  # of a fault from which the robot recovers
AT_ONCE: Final = 8  # robots at the same time; they mostly wait
_PATHS: Final = {Step.READY: "/api/robot/heartbeat", Step.WORKING: "/api/robot/heartbeat"} | {
    Step.CONSUME: "/api/robot/consumeNextJob"
}


class Range:
    """What all cases share: one Orchestrator, and the wrong addresses. Faults name the robot or job that they hit."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        stack = self._stack
        memory = Path("/dev/shm")  # the disk's own pace is not what is tested
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None)))
        stack.enter_context(failing_names())
        self.sandbox = Sandbox()
        self.server = stack.enter_context(SandboxServer(self.sandbox))
        self.elsewhere = stack.enter_context(WireServer(always(answer())))
        self.authority = Authority(self.folder / "ca")
        self.stranger = Authority(self.folder / "stranger", "Stranger")
        self.tls = {
            Road.EXPIRED: stack.enter_context(WireServer(always(answer()), self.authority.server(days=-1))),
            Road.WRONG_HOST: stack.enter_context(WireServer(always(answer()), self.authority.server("DNS:other.host"))),
            Road.UNKNOWN_CA: stack.enter_context(WireServer(always(answer()), self.stranger.server())),
        }
        self._closed = stack.enter_context(socket.socket())  # bound and not listening: refuses, and stays ours
        self._closed.bind(("127.0.0.1", 0))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def road(self, road: Road, connection: ConnectionSettings) -> ConnectionSettings:
        """`connection` led astray."""
        if road is Road.REFUSED:
            return replace(connection, host=f"http://127.0.0.1:{self._closed.getsockname()[1]}")
        if road is Road.NO_NAME:
            return replace(connection, host="http://orchestrator.invalid")
        return replace(connection, host=self.tls[road].url, ca_file=self.authority.file)

    def play_all(self, cases: Iterable[Case]) -> dict[Case, list[str]]:
        """The problems of each case; empty lists are what is hoped for."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return dict(pool.map(lambda case: (case, _Play(self, case).problems()), cases))


class _Play:
    """One case."""

    def __init__(self, place: Range, case: Case) -> None:
        self.place, self.case = place, case
        self.guid, self.job_guid = str(uuid.uuid4()), str(uuid.uuid4())
        self.folder = place.folder / self.guid
        self.player = Player()
        self.over = threading.Event()
        self.wrong: list[str] = []

    def problems(self) -> list[str]:
        """Play it."""
        sandbox = self.place.sandbox
        sandbox.add_robot(self.guid)
        job = sandbox.queue_job("job", robot_guid=self.guid, guid=self.job_guid)
        self.folder.mkdir()
        if self.case.step is Step.START:
            self._die_with(job)
        try:
            self._faulty_life(job)
            if self.case.expected in {STAYED, GAVE_UP}:
                self._next_life(job)
            self._account(job)
        except Exception as error:  # noqa: BLE001 - one case must not hide the others
            self.wrong.append(f"{type(error).__name__}: {error}")
        return self.wrong

    def check(self, condition: object, problem: str) -> None:
        """Note a problem unless `condition`."""
        if not condition:
            self.wrong.append(problem)

    # ------------------------------------------------------------------ lives

    def _die_with(self, job: SandboxJob) -> None:
        """A robot took the job, reported 8 and died."""
        sandbox = self.place.sandbox
        sandbox.heartbeat(Heartbeat(self.guid, RobotStatus.READY), lambda _text: None)
        sandbox.consume(self.guid, lambda _text: None)
        sandbox.report(job, JobStatus.IN_PROGRESS, lambda _text: None)
        journal = Journal.open(DataPaths(self.folder).journal)
        origin = origin_of(self.place.server.url, self.guid)
        journal.begin_job(job.guid, "job", "", "0" * 32, datetime.now(UTC), self.folder / "job.log", origin)
        journal.close()

    def _faulty_life(self, job: SandboxJob) -> None:
        case = self.case
        connection = connection_to(self.place.server.url, self.guid, SHORT_TIMEOUT if case.fault.slow else TIMEOUT)
        count = HITS if case.course is Course.RECOVERS else None
        detour = fault = None
        if isinstance(case.fault.kind, Road):
            detour = Detour(case.step, self.place.road(case.fault.kind, connection), count)
        else:
            fault = self.place.sandbox.faults.add(self._fault(case.fault.kind, count))
        limit = {"offline_limit": LIMIT} if case.course is Course.LIMIT else {}
        left = case.step is Step.START
        robot = WatchedRobot(self.folder, connection, self.guid, self.player, detour, job_was_left=left, **limit)
        with robot:
            self.player.done = lambda: self._script_may_end(robot, job)
            robot.start()
            {
                RECOVERED: self._recovers,
                UNDISTURBED: self._recovers,
                DEAD_LETTER: self._recovers,
                STAYED: self._stays,
                GAVE_UP: self._gives_up,
            }[case.expected](robot)
            self._paced(robot)
            self._shown_truly(robot)
        if fault:
            self.place.sandbox.faults.remove(fault.id)
        self.over.set()

    def _script_may_end(self, robot: WatchedRobot, job: SandboxJob) -> bool:
        """While a job runs is the only time for two of the steps: the script waits for them."""
        step, recovers = self.case.step, self.case.course is Course.RECOVERS
        if self.over.is_set():
            return True
        if step is Step.WORKING:
            return len(robot.watch.of(step)) > HITS and (not recovers or robot.board.snapshot.connected is True)
        if step is Step.IN_PROGRESS:
            enough = 1 if self._taken_at_once else HITS
            return not robot.journal.outbox() if recovers else len(robot.watch.of(step)) >= enough
        return True

    def _fault(self, kind: FaultKind, count: int | None) -> Fault:
        step = self.case.step
        form = {
            Step.READY: {"RobotGUID": self.guid, "Status": "2"},
            Step.WORKING: {"RobotGUID": self.guid, "Status": "3"},
            Step.CONSUME: {"RobotGUID": self.guid},
            Step.IN_PROGRESS: {"guid": self.job_guid, "status": "8"},
            Step.OUTCOME: {"guid": self.job_guid, "status": "4"},
            Step.START: {"guid": self.job_guid, "status": "5"},
        }[step]
        options = dict(self.case.fault.options)
        if kind is FaultKind.REDIRECT:
            options["location"] = self.place.elsewhere.url + "/api/robot/heartbeat"
        return Fault(kind, path=_PATHS.get(step, "/api/job/update"), form=form, count=count, **options)

    def _recovers(self, robot: WatchedRobot) -> None:
        self.check(robot.result() is ExitReason.NO_MORE_WORK, f"ended with {robot.result()!r}")
        self.check(robot.session.log_offs == 1, f"{robot.session.log_offs} log-offs")
        self.check(not robot.session.undelivered, "logged off with undelivered reports")
        self.check(not robot.session.running, "logged off with a job running")
        self.check(robot.board.snapshot.state is RobotState.READY, f"last shown: {robot.board.snapshot.state}")
        self.check(robot.board.snapshot.connected, "last shown: not connected")
        self.check(not robot.board.snapshot.problem, "a problem is shown at the end")

    def _stays(self, robot: WatchedRobot) -> None:
        self.check(robot.watch.wait_for(self.case.step, HITS + 1), "it gave up asking")
        self.check(robot.alive, f"it ended: {robot._outcome}")
        self.check(robot.session.log_offs == 0, "it logged off")
        robot.controls.quit()
        self.check(robot.result() is ExitReason.TOLD_TO_END, f"ended with {robot.result()!r}")

    def _gives_up(self, robot: WatchedRobot) -> None:
        self.check(isinstance(robot.result(), OfflineLimitError), f"ended with {robot.result()!r}")
        self.check(robot.session.log_offs == 0, "it logged off")

    def _next_life(self, job: SandboxJob) -> None:
        connection = connection_to(self.place.server.url, self.guid, TIMEOUT)
        with WatchedRobot(self.folder, connection, self.guid, self.player) as robot:
            robot.start()
            self._recovers(robot)

    # ------------------------------------------------------------------ what must hold

    def _paced(self, robot: WatchedRobot) -> None:
        """No flood: the waits between failed calls of a step grow, and a server's own wish is heeded."""
        step = self.case.step
        attempts = robot.watch.of(step)
        gaps = [after.began - before.ended for before, after in itertools.pairwise(attempts)]
        if step in {Step.WORKING, Step.IN_PROGRESS}:
            starts = [after.began - before.began for before, after in itertools.pairwise(attempts)]
            if step is Step.WORKING:
                self.check(all(gap > 9 for gap in starts), f"heartbeats too close: {starts}")
            return
        hits = HITS if self.case.course is Course.RECOVERS else len(gaps) - 1  # the limit cuts the last wait short
        if self.case.expected in {UNDISTURBED, DEAD_LETTER}:
            return
        for number, gap in enumerate(gaps[:hits]):
            least = max(0.5 * min(60, 2**number), self.case.fault.retry_after)
            self.check(gap > least * 0.99, f"wait {number + 1} was {gap:.2f} s, not {least:g}")

    def _shown_truly(self, robot: WatchedRobot) -> None:
        """What a person saw while it failed."""
        if self.case.expected == DEAD_LETTER or self._taken_at_once:
            return
        states = {snapshot.state for snapshot in robot.seen if snapshot.connected is False}
        if self.case.step in {Step.WORKING, Step.IN_PROGRESS}:
            self.check(RobotState.WORKING in states, f"the job ran offline, but shown was only {states}")
            self.check(RobotState.OFFLINE not in states, "shown as offline while a job ran")
        else:
            self.check(RobotState.OFFLINE in states, f"not shown as offline: {states}")
            told = [snapshot.problem for snapshot in robot.seen if snapshot.state is RobotState.OFFLINE]
            self.check(all(told), "offline without a reason")
        self.check(RobotState.LEAVING not in states, "about to leave while not connected")

    @property
    def _taken_at_once(self) -> bool:
        updates = {Step.IN_PROGRESS, Step.OUTCOME, Step.START}
        refused = self.case.fault.refuses_for_good
        return self.case.step in updates and (refused or self.case.fault.kind in COUNTS_AS_TAKEN)

    def _account(self, job: SandboxJob) -> None:
        """Nothing lost, nothing twice."""
        start = self.case.step is Step.START
        dead = self.case.expected == DEAD_LETTER
        outcome = JobStatus.FAILED if start else JobStatus.SUCCESS
        self.check(len(self.player.runs) == (0 if start else 1), f"the script ran {len(self.player.runs)} times")
        self.check(job.final_reports == ([] if dead else [outcome]), f"final reports: {job.final_reports}")
        journal = Journal.open(DataPaths(self.folder).journal)
        try:
            record = journal.job(self.job_guid)
            self.check(record and record.status is outcome, f"in the journal: {record and record.status}")
            self.check(journal.outbox() == [], f"undelivered: {journal.outbox()}")
            letters = [row.status for row in journal.dead_letters() if row.status is not JobStatus.IN_PROGRESS]
            self.check(letters == ([outcome] if dead else []), f"dead letters: {letters}")
        finally:
            journal.close()
