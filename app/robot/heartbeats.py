"""Heartbeats while a job is at work: running, or its outcome on its way (specification, step 3)."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from app.base.threads import OwnedThread
from app.orchestrator.errors import CallError, CancelledError
from app.orchestrator.vocabulary import RobotStatus
from app.robot.pace import Beats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.base.clock import Clock
    from app.orchestrator.client import OrchestratorClient
    from app.orchestrator.messages import HeartbeatReply
    from app.orchestrator.vocabulary import JobOrder
    from app.robot.pace import Polls

log = logging.getLogger("robot.heartbeats")
HURRIED_SECONDS: Final = 10.0  # specification, step 3: not more often than every 10 seconds
SOON_SECONDS: Final = 3.0  # to the first beat of a robot that was heard up to ten seconds ago


class WorkingHeartbeats:
    """Says Working at the configured pace from a thread of its own, from `start` to `stop`.

    What comes back, answer or failure, is handed to callbacks on that thread. It never makes a job fail, and a slow
    network doesn't hurry it afterwards: beats that were missed are not made up for, so two requests never start closer
    together than `seconds`.

    Args:
        client: used by this thread alone, which closes it.
        order: the job; None for a robot that is there and can't take one yet: it says Disconnected.
        on_heard: told when one was answered, by the clock's monotonic seconds.

    Attributes:
        answered_at: when the last good answer came, by the clock's monotonic seconds; None before the first.
        answering_since: when the first of the good answers in a row came, likewise.
        failure: why the newest beat failed; None if it was answered.
    """

    def __init__(
        self,
        client: OrchestratorClient,
        order: JobOrder | None,
        seconds: float,
        clock: Clock,
        *,
        on_reply: Callable[[HeartbeatReply], None],
        on_failure: Callable[[CallError], None],
        on_heard: Callable[[float], object] = bool,
    ) -> None:
        self._client = client
        self._order = order
        self._seconds = seconds
        self._clock = clock
        self._on_reply = on_reply
        self._on_failure = on_failure
        self._on_heard = on_heard
        self._wake = threading.Event()
        self._thread = OwnedThread("robot-heartbeats", self._run)
        self.answered_at: float | None = None
        self.answering_since: float | None = None
        self.failure: CallError | None = None
        self._beats = Beats(seconds, clock.monotonic())

    def start(self, *, silent_seconds: float = 0.0) -> None:
        """The first beat comes after `seconds`, of which so many have passed already: none for a job just taken."""
        self._beats = Beats(self._seconds, self._clock.monotonic(), silent=silent_seconds)
        self._thread.start()

    def stop(self) -> None:
        """Say nothing more; a beat under way is broken off."""
        self._thread.ended.set()  # before the rest, so that it asks nothing new
        self._wake.set()
        self._client.cancel()
        self._thread.stop()

    def hurry(self) -> None:
        """From now on at least every ten seconds: somebody waits to know whether the Orchestrator answers."""
        self._beats.hurry(HURRIED_SECONDS)
        self._wake.set()

    def _run(self, ended: threading.Event) -> None:
        try:
            self._beat_until(ended)
        finally:
            self._client.close()

    def _beat_until(self, ended: threading.Event) -> None:
        while not ended.is_set():
            left = self._beats.left(self._clock.monotonic())
            if left > 0:
                self._clock.wait(self._wake, left)
                self._wake.clear()
                continue
            self._beats.begins(self._clock.monotonic())
            self._beat()
            self._beats.ended(self._clock.monotonic())

    def _beat(self) -> None:
        try:
            if self._order is None:
                reply = self._client.heartbeat(RobotStatus.DISCONNECTED)
            else:
                reply = self._client.heartbeat(RobotStatus.WORKING, self._order.guid, self._order.name)
            if not self._thread.ended.is_set():
                now = self._clock.monotonic()
                if self.failure is not None or self.answered_at is None:
                    self.answering_since = now
                self.failure, self.answered_at = None, now
                self._on_heard(now)
                self._on_reply(reply)
        except CancelledError:
            pass
        except CallError as error:
            self.failure = error
            self._on_failure(error)
        except Exception:
            # A defect here must not silence the heartbeats: without them no Stop and no Abort would arrive.
            log.exception("A heartbeat could not be handled")


@contextmanager
def presence(
    new_client: Callable[[], OrchestratorClient], clock: Clock, polls: Polls, *, first: float = SOON_SECONDS
) -> Iterator[None]:
    """Let the Orchestrator hear that the robot is there while it can take no job: if that takes `first` seconds.

    Sooner if this program has been silent for long: one such time may follow another.
    """
    beats = WorkingHeartbeats(
        new_client(),
        None,
        HURRIED_SECONDS,
        clock,
        on_reply=lambda _: None,
        on_failure=lambda _: None,
        on_heard=polls.heard,
    )
    beats.start(silent_seconds=max(HURRIED_SECONDS - first, polls.silence(clock.monotonic())))
    try:
        yield
    finally:
        beats.stop()
