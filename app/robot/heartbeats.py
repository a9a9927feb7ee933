"""Heartbeats while a job runs (specification, step 3)."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final, Self

from app.orchestrator.errors import CallError, CancelledError
from app.orchestrator.vocabulary import RobotStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.base.clock import Clock
    from app.orchestrator.client import OrchestratorClient
    from app.orchestrator.messages import HeartbeatReply
    from app.orchestrator.vocabulary import JobOrder

log = logging.getLogger(__name__)
_JOIN_SECONDS: Final = 5.0


class WorkingHeartbeats:
    """Says Working at the configured pace from a thread of its own, for as long as the context lasts.

    What comes back, answer or failure, is handed to callbacks on that thread. It never makes a job fail, and a slow
    network doesn't hurry it afterwards: beats that were missed are not made up for, so two requests never start closer
    together than `seconds`.

    Args:
        client: used by this thread alone, and closed with it.
    """

    def __init__(
        self,
        client: OrchestratorClient,
        order: JobOrder,
        seconds: float,
        clock: Clock,
        *,
        on_reply: Callable[[HeartbeatReply], None],
        on_failure: Callable[[CallError], None],
    ) -> None:
        self._client = client
        self._order = order
        self._seconds = seconds
        self._clock = clock
        self._on_reply = on_reply
        self._on_failure = on_failure
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="robot-heartbeats", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Order: first the flag, so that the thread asks no more; then the request under way; then the thread; and the
        # connection last, because only its thread may use it.
        self._ended.set()
        self._client.cancel()
        self._thread.join(_JOIN_SECONDS)
        self._client.close()

    def _run(self) -> None:
        due = self._clock.monotonic() + self._seconds
        while not self._clock.wait(self._ended, due - self._clock.monotonic()):
            # From this beat's own beginning: one that was late (a busy machine, one that slept) is not followed early.
            due = self._clock.monotonic() + self._seconds
            self._beat()
            now = self._clock.monotonic()
            while due <= now:
                due += self._seconds

    def _beat(self) -> None:
        try:
            reply = self._client.heartbeat(RobotStatus.WORKING, self._order.guid, self._order.name)
            if not self._ended.is_set():
                self._on_reply(reply)
        except CancelledError:
            pass
        except CallError as error:
            self._on_failure(error)
        except Exception:
            # A defect here must not silence the heartbeats: without them no Stop and no Abort would arrive.
            log.exception("A heartbeat could not be handled")
