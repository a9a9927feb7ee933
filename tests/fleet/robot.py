"""One robot of the fleet: the steps of `Robot.run` in virtual time.

The steps are written anew, as short as they can be; *when* something is said is decided by the robot's own objects
(`Polls`, `Beats`, `RetryPolicy`, `PendingReports`). `test_agreement.py` holds both together: the real `Service` and
this one say the same at the same times.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from app.journal.records import OutboxRow
from app.orchestrator.errors import CallError, UnreachableError
from app.orchestrator.origin import Origin
from app.orchestrator.vocabulary import JobStatus
from app.robot.heartbeats import HURRIED_SECONDS
from app.robot.idle import COUNTDOWN_BEATS_SECONDS
from app.robot.pace import Beats, Polls
from app.robot.pending import PendingReports
from app.robot.retry import BETWEEN_HEARTBEATS, LONGEST_SECONDS, RetryPolicy
from app.robot.working import FAILING_SECONDS
from tests.fleet.engine import LEAST, Signal
from tests.fleet.server import CONSUME, READY, UPDATE, WORKING, Request

if TYPE_CHECKING:
    from app.robot.pending import Attempts
    from tests.fleet.engine import Steps, World
    from tests.fleet.server import Server

_ORIGIN: Final = Origin("fleet", "fleet")
_LONG_AGO: Final = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Pace:
    """The settings that it is about."""

    when_idle: str = "wait"
    poll_seconds: float = 10.0
    heartbeat_seconds: float = 10.0
    request_timeout: float = 10.0
    logoff_countdown: float = 15.0


class Reports:
    """What `Delivery` does: the real `PendingReports`, and sending what it says is due."""

    def __init__(self, robot: FleetRobot) -> None:
        self._robot = robot
        self._world = robot.world
        self.pending = _Seeded(robot.world)
        self._rows: list[OutboxRow] = []
        self._ids = 0
        self._wake = Signal()
        self._works = False
        self.changed = Signal()

    def put_down(self, guid: str, status: JobStatus) -> None:
        """A report is in the journal."""
        self._ids += 1
        self._rows = [row for row in self._rows if row.job_guid != guid]
        row = OutboxRow(self._ids, guid, "job", status, _ORIGIN, _LONG_AGO, 0, "", None, False, None, False)
        self._rows.append(row)
        self.pending.changed()
        self.wake()

    def reachable_again(self) -> None:
        """See `Delivery`."""
        if self._rows:
            self.pending.reachable_again()
            self.wake()

    def attempts(self, guid: str) -> Attempts | None:
        """See `Delivery`."""
        self._refresh()
        return self.pending.attempts_of(guid)

    def wake(self) -> None:
        """Look what is due."""
        if not self._works:
            self._works = True
            self._world.spawn(self._work())
        self._wake.set()

    def _refresh(self) -> None:
        self.pending.replace(list(self._rows), self.pending.version)

    def _work(self) -> Steps:
        self._wake.is_set = False
        while self._rows:  # a real one looks every five seconds whether there is anything; nobody hears that
            self._refresh()
            while (row := self.pending.begin_next()) is not None:
                self._world.spawn(self._send(row))
            seconds = self.pending.seconds_to_next()
            yield from self._wake.wait(5.0 if seconds is None else seconds)
        self._works = False

    def _send(self, row: OutboxRow) -> Steps:
        begun = self._world.now
        answer = yield self._robot.request(UPDATE)
        if isinstance(answer, CallError):
            self.pending.failed(row, answer, self._world.now - begun)
        else:
            self._rows = [each for each in self._rows if each.id != row.id]
            self.pending.taken(row)
        self.pending.ended(row)
        self.pending.changed()
        self._wake.set()
        self.changed.set()


class _Seeded(PendingReports):
    """Its backoffs draw from the world's."""

    def __init__(self, world: World) -> None:
        super().__init__(world, lambda _guid: False)
        self._rng = world.rng

    def _of(self, row: OutboxRow) -> Attempts:
        attempts = super()._of(row)
        attempts.backoff.rng = self._rng
        return attempts


class FleetRobot:
    """See the module. `life` is its loop; it may be started once.

    Attributes:
        jobs_done: how many were run.
        left: whether it has logged off.
    """

    def __init__(self, world: World, server: Server, number: int, pace: Pace) -> None:
        self.world = world
        self.number = number
        self.jobs_done = 0
        self.left = False
        self._server = server
        self._pace = pace
        self._wake = Signal()
        self._reloading = False
        self._outage = _policy(world)
        self._taking = _policy(world, LONGEST_SECONDS)
        self._polls = Polls(world.rng)
        self._reports: Reports | None = None
        self._lost = False
        self._beats: Beats | None = None
        self._beat_wake = Signal()
        self._beat_failing = False
        self._beat_answered_at: float | None = None
        self._answering_since = 0.0
        self._heard_at = 0.0

    def request(self, call: str) -> Request:
        """One call, as something to be yielded."""
        return Request(self._server, call, self.number, self._pace.request_timeout)

    @property
    def reports(self) -> Reports:
        """Made when there is something to report."""
        if self._reports is None:
            self._reports = Reports(self)
        return self._reports

    def reload(self, pace: Pace) -> None:
        """Its watch has seen that the settings have changed."""
        self._pace = pace
        self._reloading = True
        self._wake.set()

    # ------------------------------------------------------------------ the loop

    def life(self) -> Steps:
        """From its start to its log-off."""
        while True:
            has_job = yield from self._say_ready()
            if has_job:
                yield from self._take()
            elif self._pace.when_idle == "wait":
                yield from self._wait(self._polls.until_next(self.world.now, self._pace.poll_seconds))
            elif (yield from self._count_down()):
                self.left = True
                return
            if self._reloading:
                self._begin_anew()
                while (left := self._polls.left(self.world.now)) > 0:
                    yield from self._wait(left)

    def _begin_anew(self) -> None:
        """Another robot with the new settings."""
        self._reloading = False
        self._outage = _policy(self.world)
        self._taking = _policy(self.world, LONGEST_SECONDS)

    def _wait(self, seconds: float) -> Steps:
        yield from self._wake.wait(max(seconds, LEAST))

    def _ask_ready(self) -> Steps:
        self._heard_at = self.world.now
        self._polls.begins(self.world.now)
        answer = yield self.request(READY)
        return answer

    def _say_ready(self) -> Steps:
        while True:
            answer = yield from self._ask_ready()
            if not isinstance(answer, CallError):
                break
            self._lost = True
            yield from self._failed(answer)
            if self._reloading:
                self._begin_anew()
        self._outage.succeeded()
        if not answer:
            self._taking.succeeded()
        self._heard_again()
        return answer

    def _heard_again(self) -> None:
        if self._lost:
            self._lost = False
            if self._reports:
                self._reports.reachable_again()

    def _failed(self, error: CallError) -> Steps:
        asked = error.retry_after if isinstance(error, UnreachableError) else None
        delay = self._outage.next_delay(error)
        until = self.world.now + self._polls.until_next_try(self.world.now, delay, asked or 0.0)
        while (left := until - self.world.now) > 0 and not self._reloading:
            yield from self._wait(min(left, BETWEEN_HEARTBEATS))

    def _count_down(self) -> Steps:
        ends = self.world.now + self._pace.logoff_countdown
        beats = Beats(COUNTDOWN_BEATS_SECONDS, self.world.now, rng=self.world.rng)
        while (left := ends - self.world.now) > 0:
            yield from self._wait(min(left, max(0.0, beats.left(self.world.now))))
            if self._reloading:
                return False
            if beats.left(self.world.now) <= 0 and self.world.now < ends:
                beats.begins(self.world.now)
                if not (yield from self._is_still_idle()):
                    return False
        still = yield from self._is_still_idle()
        return still

    def _is_still_idle(self) -> Steps:
        answer = yield from self._ask_ready()
        if isinstance(answer, CallError):
            yield from self._failed(answer)
            return False
        return not answer

    # ------------------------------------------------------------------ a job

    def _take(self) -> Steps:
        answer = yield self.request(CONSUME)
        if isinstance(answer, CallError):
            yield from self._consume_failed(answer)
            return
        self._taking.succeeded()
        if answer is None:
            return
        self.jobs_done += 1
        guid = f"{self.number}/{self.jobs_done}"
        beating = self.world.spawn(self._beat())
        self.reports.put_down(guid, JobStatus.IN_PROGRESS)
        begun = self.world.now
        while (attempts := self.reports.attempts(guid)) and not attempts.tried:
            if self.world.now - begun >= FAILING_SECONDS:
                break
            yield from self.reports.changed.wait(1.0)
        yield float(answer)
        self.reports.put_down(guid, JobStatus.SUCCESS)
        while attempts := self.reports.attempts(guid):
            if attempts.tried and self._fails_alone(attempts.failing_since):
                break
            if self._beats and attempts.failing_since is not None:
                self._beats.hurry(HURRIED_SECONDS)
                self._beat_wake.set()
            yield from self.reports.changed.wait(1.0)
        self._beats = None
        beating.end()

    def _fails_alone(self, failing_since: float | None) -> bool:
        answered_at = self._beat_answered_at
        if failing_since is None or self._beat_failing or answered_at is None or answered_at < failing_since:
            return False
        return self.world.now - max(failing_since, self._answering_since) >= FAILING_SECONDS

    def _beat(self) -> Steps:
        beats = self._beats = Beats(self._pace.heartbeat_seconds, self.world.now, rng=self.world.rng)
        self._beat_failing, self._beat_answered_at = False, None
        while True:
            if (left := beats.left(self.world.now)) > 0:
                yield from self._beat_wake.wait(left)
                continue
            beats.begins(self.world.now)
            answer = yield self.request(WORKING)
            if isinstance(answer, CallError):
                self._beat_failing = self._lost = True
            else:
                if self._beat_failing or self._beat_answered_at is None:
                    self._answering_since = self.world.now
                self._beat_failing, self._beat_answered_at = False, self.world.now
                self._heard_again()
                self.reports.changed.set()
            beats.ended(self.world.now)

    def _consume_failed(self, error: CallError) -> Steps:
        """`Tries.failed` when it is no heartbeat that failed: heartbeats go on beside the wait."""
        until = self.world.now + self._taking.next_delay(error)
        while (left := until - self.world.now) > 0 and not self._reloading:
            if self.world.now - self._heard_at >= BETWEEN_HEARTBEATS:
                yield from self._ask_ready()
            silent = self.world.now - self._heard_at
            yield from self._wait(min(left, max(0.0, BETWEEN_HEARTBEATS - silent)))


def _policy(world: World, longest: float | None = None) -> RetryPolicy:
    made: Any = RetryPolicy(0, world) if longest is None else RetryPolicy(0, world, longest=longest)
    made._backoff = replace(made._backoff, rng=world.rng)
    return made  # type: ignore[no-any-return]
