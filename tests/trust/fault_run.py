"""Plays one case of the fault suite and says what was wrong, if anything was.

Every case has an Orchestrator of its own, which shares no code with the product (`tests.field.server`): what it has
carried out is what counts as delivered, and its judge (`tests.field.judge`) says whether that was right.
"""

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
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self
from unittest import mock

from app.base.errors import OfflineLimitError, RefusedError
from app.base.paths import DataPaths
from app.base.redaction import Redactor
from app.journal.journal import Journal
from app.orchestrator import client
from app.orchestrator.origin import origin_of
from app.robot.controls import ExitReason
from app.robot.state import RobotState
from tests.field import judge
from tests.field.requests import FAILED, IN_PROGRESS, SUCCESS, Job, Plan, Request, Rule
from tests.field.server import Orchestrator
from tests.orchestrator.wire import Authority, WireServer, always, answer
from tests.trust.bench import Detour, Player, WatchedRobot, connection_to, failing_names
from tests.trust.fault_cases import UPDATES, Case, Course, Expected, Road, Sort, Step

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.orchestrator.connections import ConnectionSettings

TIMEOUT: Final = 8.0  # never reached by an honest answer, however busy the machine is
SHORT_TIMEOUT: Final = 0.2  # for the faults that are only ended by it
LIMIT: Final = 12.0  # offline_limit
HITS: Final = 2  # of a fault from which the robot recovers
LIVES: Final = 4  # within which everything must be delivered
AT_ONCE: Final = 12  # robots at the same time; they mostly wait
_MEASURED: Final = 1.0  # seconds of the hurried clock, ten milliseconds of the machine


class Range:
    """What all cases share: the wrong addresses."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        stack = self._stack
        memory = Path("/dev/shm")  # the disk's own pace is not what is tested
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None)))
        stack.enter_context(failing_names())
        # The process of one robot makes one of them. Here are many at once, and would be made anew all the time.
        stack.enter_context(mock.patch.object(client, "shared_redactor", cache(Redactor)))
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

    def plan(self, plan: Plan) -> Plan:
        """`plan`; a redirect leads to a host that must not hear of it."""
        location = ("Location", self.elsewhere.url + "/api/robot/heartbeat")
        return replace(plan, headers=(*plan.headers, location)) if plan.status == 307 else plan

    def play_all(self, cases: Iterable[Case]) -> dict[Case, list[str]]:
        """The problems of each case; empty lists are what is hoped for."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return dict(pool.map(lambda case: (case, _Play(self, case).problems()), cases))


class _Play:
    """One case."""

    def __init__(self, place: Range, case: Case) -> None:
        self.place, self.case = place, case
        self.guid = str(uuid.uuid4())
        self.folder = place.folder / self.guid
        self.player = Player()
        self.over = threading.Event()
        self.wrong: list[str] = []
        self.lives = 0

    def problems(self) -> list[str]:
        """Play it."""
        self.folder.mkdir()
        with Orchestrator(self.guid) as self.orchestrator:
            left = self.case.step is Step.START
            self.job = self.orchestrator.queue("job", expected=FAILED if left else SUCCESS)
            if self.case.step is Step.ONE_OF_TWO:
                self.orchestrator.queue("other")
            self.orchestrator.offers_again = self.case.step is Step.CONSUME
            self.orchestrator.methods = frozenset({"PUT", "POST"})
            try:
                if left:
                    self._die()
                self._faulty_life()
                while self.lives < LIVES and not self._settled():
                    self._good_life()
                self._account()
            except Exception as error:  # noqa: BLE001 - one case must not hide the others
                self.wrong.append(f"{type(error).__name__}: {error}")
        return self.wrong

    def check(self, condition: object, problem: str) -> None:
        """Note a problem unless `condition`."""
        if not condition:
            self.wrong.append(problem)

    # ------------------------------------------------------------------ lives

    def _die(self) -> None:
        """A robot took the job, reported 8 and died."""
        self.job.waiting, self.job.handed_out = False, 1
        self.job.carried.append(IN_PROGRESS)
        origin = origin_of(self.orchestrator.url, self.guid)
        journal = Journal.open(DataPaths(self.folder).journal, origin=origin)
        journal.begin_job(self.job.guid, "job", "", "0" * 32, datetime.now(UTC), self.folder / "job.log", origin)
        journal.delivered(journal.outbox()[0].id)
        journal.close()

    def _faulty_life(self) -> None:
        case, fault = self.case, self.case.fault
        connection = connection_to(self.orchestrator.url, self.guid, TIMEOUT)
        count = HITS if case.course is Course.RECOVERS else None
        detour = rule = None
        if isinstance(fault.plan, Road):
            detour = Detour(case.step, self.place.road(fault.plan, connection), count)
        else:
            rule = Rule(self.place.plan(fault.plan), self._is_hit, count)
            self.orchestrator.rules.append(rule)
            if fault.slow:  # little patience with the faulty answers alone: honest ones are late on a busy machine, too
                detour = Detour(case.step, replace(connection, timeout=SHORT_TIMEOUT), count)
        limit = {"offline_limit": LIMIT} if case.course is Course.LIMIT else {}
        robot = WatchedRobot(
            self.folder,
            connection,
            self.guid,
            self.player,
            detour,
            job_was_left=case.step is Step.START,
            one_of_two=self.job.guid if case.step is Step.ONE_OF_TWO else None,
            **limit,
        )
        with robot:
            self.lives += 1
            self.player.done = lambda: self._script_may_end(robot)
            robot.start()
            {
                Expected.RECOVERED: self._recovers,
                Expected.UNDISTURBED: self._recovers,
                Expected.NEXT_START: self._leaves,
                Expected.WARNED: self._leaves,
                Expected.STAYED: self._stays,
                Expected.GAVE_UP: self._gives_up,
                Expected.REFUSED: self._is_refused,
            }[case.expected](robot)
            self._paced(robot)
            self._shown_truly(robot)
        if rule and not (case.course is Course.RECOVERS and case.expected is Expected.NEXT_START):
            rule.end()  # a report that is refused twice meets the second refusal at the next start
        self.over.set()

    def _is_hit(self, request: Request) -> bool:
        """Whether the fault is about this request."""
        step, form = self.case.step, request.form
        if self.case.fault.put_only and request.method != "PUT":
            return False
        if request.call == "update":
            wanted = {Step.IN_PROGRESS: "8", Step.OUTCOME: "4", Step.START: "5"}.get(step)
            return step in UPDATES and form["guid"] == self.job.guid and wanted in {None, form["status"]}
        wanted_call = {Step.READY: ("heartbeat", "2"), Step.WORKING: ("heartbeat", "3"), Step.CONSUME: ("consume", "2")}
        return (request.call, form["Status"]) == wanted_call.get(step)

    def _script_may_end(self, robot: WatchedRobot) -> bool:
        """While a job runs is the only time for two of the steps: the script waits for them."""
        step, recovers = self.case.step, self.case.course is Course.RECOVERS
        if self.over.is_set():
            return True
        if step is Step.WORKING:
            return len(robot.watch.of(step)) > HITS and (not recovers or robot.board.snapshot.connected is True)
        if step is Step.IN_PROGRESS:
            undisturbed = self.case.fault.sort in {Sort.FINE, Sort.TAKEN, Sort.REFUSES_A_REPORT}
            return len(robot.watch.of(step)) >= (1 if undisturbed else HITS)
        return True

    def _recovers(self, robot: WatchedRobot) -> None:
        self._leaves(robot)
        self.check(not robot.session.undelivered, "logged off with undelivered reports")
        self.check(robot.board.snapshot.connected, "last shown: not connected")

    def _leaves(self, robot: WatchedRobot) -> None:
        self.check(robot.result() is ExitReason.NO_MORE_WORK, f"ended with {robot.result()!r}")
        self.check(robot.session.log_offs == 1, f"{robot.session.log_offs} log-offs")
        self.check(not robot.session.running, "logged off with a job running")
        self.check(robot.board.snapshot.state is RobotState.READY, f"last shown: {robot.board.snapshot.state}")
        self.check(not robot.board.snapshot.problem, f"shown at the end: {robot.board.snapshot.problem}")
        self._others_are_done()

    def _stays(self, robot: WatchedRobot) -> None:
        self.check(robot.watch.wait_for(self.case.step, HITS + 1), "it gave up asking")
        self.check(robot.alive, f"it ended: {robot._outcome}")
        self.check(robot.session.log_offs == 0, "it logged off")
        if self.case.step is Step.ONE_OF_TWO:
            with contextlib.suppress(AssertionError):
                self.orchestrator.wait_for(lambda: all(job.over for job in self._others()))
            self._others_are_done()
        robot.controls.quit()
        self.check(robot.result() is ExitReason.TOLD_TO_END, f"ended with {robot.result()!r}")

    def _gives_up(self, robot: WatchedRobot) -> None:
        self.check(isinstance(robot.result(), OfflineLimitError), f"ended with {robot.result()!r}")
        self.check(robot.session.log_offs == 0, "it logged off")

    def _is_refused(self, robot: WatchedRobot) -> None:
        self.check(isinstance(robot.result(), RefusedError), f"ended with {robot.result()!r}")
        self.check(robot.session.log_offs == 0, "it logged off")

    def _others(self) -> list[Job]:
        return [job for job in self.orchestrator.jobs if job is not self.job]

    def _others_are_done(self) -> None:
        for other in self._others():
            self.check(other.over, f"the other job had to wait: {other.carried}")

    def _settled(self) -> bool:
        """Whether there is nothing left to do for another life."""
        if self.lives == 1 and self.case.expected not in {Expected.RECOVERED, Expected.UNDISTURBED}:
            return False
        return all(job.over for job in self.orchestrator.jobs)

    def _good_life(self) -> None:
        connection = connection_to(self.orchestrator.url, self.guid, TIMEOUT)
        with WatchedRobot(self.folder, connection, self.guid, self.player) as robot:
            self.lives += 1
            self.player.done = lambda: True
            robot.start()
            self.check(robot.result() is ExitReason.NO_MORE_WORK, f"life {self.lives} ended with {robot.result()!r}")

    # ------------------------------------------------------------------ what must hold

    def _paced(self, robot: WatchedRobot) -> None:
        """No flood: the waits between failed calls of a step grow, and a server's own wish is heeded."""
        step = self.case.step
        attempts = robot.watch.of(step)
        if step is Step.WORKING:
            starts = [after.began - before.began for before, after in itertools.pairwise(attempts)]
            self.check(all(gap > 9 for gap in starts), f"heartbeats too close: {starts}")
        paced = self.case.expected in {Expected.RECOVERED, Expected.STAYED, Expected.GAVE_UP, Expected.WARNED}
        if not paced or step is Step.ONE_OF_TWO:  # whose attempts are those of two reports
            return
        # A robot that must be heard in time counts from the question: if the machine stalls, what is left is shorter.
        asks = step in {Step.READY, Step.START}
        gaps = [
            after.began - (before.began if asks else before.ended) for before, after in itertools.pairwise(attempts)
        ]
        hits = HITS if self.case.course is Course.RECOVERS else len(gaps) - 1  # the limit cuts the last wait short
        for number, gap in enumerate(gaps[:hits]):
            longest = 10 if step in UPDATES else 14  # of so few reports as here; and it must be heard
            least = max(0.5 * min(longest, 2**number), self.case.fault.retry_after)
            # A gap is measured by other threads than the one that waits, on a clock a hundred times as fast; and what
            # a machine stalls between question and wait is taken from a wait that must end in time.
            least = min(least, 2.0) if asks and not self.case.fault.retry_after else least
            self.check(gap > least * 0.99 - _MEASURED, f"wait {number + 1} was {gap:.2f} s, not {least:g}")

    def _shown_truly(self, robot: WatchedRobot) -> None:
        """What a person saw while it failed."""
        if self.case.expected in {Expected.REFUSED, Expected.NEXT_START} or self.case.fault.sort is Sort.FINE:
            return
        if self.case.step in UPDATES and self.case.fault.sort is not Sort.TAKEN:
            self.check(any(snapshot.undelivered for snapshot in robot.seen), "no report was shown as undelivered")
        states = {snapshot.state for snapshot in robot.seen if snapshot.connected is False}
        if self.case.step is Step.WORKING:
            self.check(RobotState.WORKING in states, f"the job ran offline, but shown was only {states}")
            self.check(RobotState.OFFLINE not in states, "shown as offline while a job ran")
        elif self.case.step in {Step.READY, Step.CONSUME}:
            self.check(RobotState.OFFLINE in states, f"not shown as offline: {states}")
        told = [snapshot.problem for snapshot in robot.seen if snapshot.state is RobotState.OFFLINE]
        self.check(all(told), "offline without a reason")
        self.check(RobotState.LEAVING not in states, "about to leave while not connected")

    def _account(self) -> None:
        """Nothing lost, nothing twice: as the Orchestrator has it."""
        self.orchestrator.wait_for_quiet()
        restarts = self.lives - 1
        for job in self.orchestrator.jobs:
            runs = self.player.runs.count(job.guid)
            self.check(runs == (0 if self.case.step is Step.START else 1), f"{job.name} ran {runs} times")
            self.wrong += judge.about_job(job, self.orchestrator.heard("update", job=job), restarts=restarts)
        self.wrong += [f"told a stranger: {what}" for what in self.orchestrator.strangers]
        journal = Journal.open(DataPaths(self.folder).journal, origin=origin_of(self.orchestrator.url, self.guid))
        try:
            for job in self.orchestrator.jobs:
                record = journal.job(job.guid)
                status = record and record.status
                self.check(status in job.expected, f"in the journal: {status}")
            self.check(journal.outbox() == [], f"undelivered: {journal.outbox()}")
            self.check(journal.dead_letters() == [], f"dead letters: {journal.dead_letters()}")
        finally:
            journal.close()
