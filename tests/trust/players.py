"""What surrounds the robot in a story (`world`): wire, clock, scripts; each step asks the story what happens."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from app.jobs.outcome import Ending, EndingKind
from app.orchestrator.errors import (
    CancelledError,
    CredentialsRejectedError,
)
from app.robot.delivery import Delivery
from app.robot.heartbeats import WorkingHeartbeats
from tests.contract.ready_job import ReadyJob

if TYPE_CHECKING:
    import threading
    from contextlib import AbstractContextManager
    from pathlib import Path

    from app.journal.records import OutboxRow
    from app.orchestrator.messages import ConsumeReply, HeartbeatReply
    from app.orchestrator.vocabulary import (
        JobOrder,
        JobStatus,
        RobotStatus,
    )
    from app.robot.pending import Attempts
    from tests.trust.world import World


class Client:
    """As `OrchestratorClient`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._cancelled = False

    def _check(self) -> None:
        if self._cancelled:
            raise CancelledError("cancelled")

    def heartbeat(self, status: RobotStatus, job_guid: str = "", job_name: str = "") -> HeartbeatReply:
        self._check()
        reply = self._world.answer("heartbeat", lambda: self._world.heartbeat(status, job_guid))
        self._world.heard(reply)
        return reply

    def consume_next_job(self, status: RobotStatus) -> ConsumeReply:
        return self._world.answer("consume", self._world.consume)

    def update_job(self, guid: str, status: JobStatus, *, cancellable: bool = True) -> None:
        if cancellable:
            self._check()
        self._world.answer("update", lambda: self._world.update(guid, status))

    def cancel(self) -> None:
        self._cancelled = True

    def close(self) -> None:
        """Nothing is open."""


class StoryHeartbeats(WorkingHeartbeats):
    """Beats when the story says so, instead of on a thread."""

    world: World

    def start(self, *, silent_seconds: float = 0.0) -> None:
        self.world.heartbeats = self

    def stop(self) -> None:
        self.world.heartbeats = None

    def _beat(self) -> None:
        try:
            super()._beat()
        except CredentialsRejectedError:  # pragma: no cover - `WorkingHeartbeats` must not let it through
            raise AssertionError("a failed heartbeat ended the job") from None


def heartbeats_in(world: World) -> type[WorkingHeartbeats]:
    """What stands in for `WorkingHeartbeats` in this world."""
    return type("Heartbeats", (StoryHeartbeats,), {"world": world})


class InlineDelivery(Delivery):
    """Delivers what is due whenever the loop looks, instead of on threads."""

    def start(self) -> None:
        """Nothing runs by itself."""

    def _to_a_sender(self, row: OutboxRow) -> None:
        self.send(row)

    def attempts(self, job_guid: str) -> Attempts | None:
        self.step(self.send)
        return super().attempts(job_guid)

    def waiting(self) -> list[Attempts]:
        self.step(self.send)
        return super().waiting()

    def close(self, seconds: float, doubt_seconds: float) -> None:
        self._pending.close(seconds, doubt_seconds)
        self.step(self.send)


class Script:
    """A running script, as `RunningJob`."""

    identity = None

    def __init__(self, world: World, order: JobOrder) -> None:
        self.world, self.order = world, order
        self.over = False
        self._stop = self._killed = False
        self.ended = self

    def is_set(self) -> bool:
        """As `ended.is_set`."""
        return self.over

    def wait(self, _timeout: float | None) -> Ending | None:
        """One thing happens."""
        world = self.world
        if self._killed:
            return self._end(Ending(EndingKind.KILLED_BY_ABORT, -9, "killed"))
        choice = world.choose(5)
        if choice == 1 and world.heartbeats:
            world.heartbeats._beat()
        elif choice in {2, 3}:
            world.happen()
        elif self._stop and choice == 4:
            return self._end(Ending(EndingKind.STOPPED_ITSELF, 0, "stopped"), 0)
        else:
            code = 0 if choice == 0 else 1
            return self._end(Ending(EndingKind.EXITED, code, "ended"), code)
        return None

    def _end(self, ending: Ending, code: int | None = None) -> Ending:
        self.over = True
        self.world._job(self.order.guid).exit_code = code
        self.world.running = None
        return ending

    def request_stop(self) -> None:
        self._stop = True

    def abort(self) -> None:
        self._killed = True


class Runner:
    def __init__(self, world: World) -> None:
        self._world = world

    def sweep(self) -> None:
        """Nothing is left."""

    def expect_job(self) -> None:
        """Nothing is started ahead."""

    expect_none = close = expect_job

    def ready(self, order: JobOrder, _log_file: Path, _mark: str) -> ReadyJob:
        return ReadyJob(lambda: self._start(order))

    def _start(self, order: JobOrder) -> Script:
        world = self._world
        record = world.journal.job(order.guid)
        assert record is not None, "run before it was written down"
        assert record.status is None, "run after its end"
        assert world.running is None, "two scripts at once"
        world._job(order.guid).runs += 1
        world.running = Script(world, order)
        world.happen()
        return world.running


class Session:
    def __init__(self, world: World) -> None:
        self._world = world

    def log_off(self) -> bool:
        self._world.may_log_off()
        self._world.logged_off = self._world.choose(6) != 1
        return self._world.logged_off

    def keep_awake(self) -> AbstractContextManager[object]:
        return contextlib.nullcontext()


class StoryClock:
    def __init__(self, world: World) -> None:
        self._world = world

    def now(self) -> datetime:
        return datetime(2026, 11, 24, tzinfo=UTC) + timedelta(seconds=self._world.time)

    def monotonic(self) -> float:
        return self._world.time

    def wait(self, event: threading.Event, seconds: float) -> bool:
        if not event.is_set():
            self._world.happen()
        if not event.is_set():
            self._world.time += max(0.0, seconds)
        # A robot whose log-off was cancelled stays for ever, and so does a paused one when nobody resumes it.
        if self._world.controls.stays and self._world.choose(3) == 0:
            self._world.click("quit")
        if self._world.controls.paused and self._world.choose(3) == 0:
            self._world.click("resume")
        return event.is_set()
