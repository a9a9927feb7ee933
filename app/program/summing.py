"""Sums up the jobs that have ended for the history, while the robot does something else.

Where an earlier version has left a million of them, that goes on for a minute, in portions that hold nobody up; what is
not summed up yet, the history looks at by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from app.base.threads import OwnedThread

if TYPE_CHECKING:
    import threading
    from types import TracebackType

    from app.base.clock import Clock
    from app.journal.journal import Journal
    from app.robot.state import LastOutcome, Snapshot, StateBoard

AT_ONCE: Final = 500  # jobs: some milliseconds of the journal; a history looks at as many in no time
PAUSE: Final = 0.02  # seconds between portions


class Summing:
    """While the context lasts: begins when the Orchestrator has answered first, and again after each `AT_ONCE` jobs."""

    def __init__(self, journal: Journal, board: StateBoard, clock: Clock) -> None:
        self._journal = journal
        self._board = board
        self._clock = clock
        self._last: LastOutcome | None = None
        self._ended = AT_ONCE  # since the last portion; at the start nobody knows
        self._thread = OwnedThread("sums", self._sum_up)

    def __enter__(self) -> Self:
        self._unsubscribe = self._board.subscribe(self._see)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._unsubscribe()
        self._thread.stop()

    def _see(self, snapshot: Snapshot) -> None:
        if snapshot.last != self._last:
            self._last = snapshot.last
            self._ended += 1
        if snapshot.connected is None or self._ended < AT_ONCE or self._thread.alive:
            return
        self._ended = 0
        self._thread = OwnedThread("sums", self._sum_up)
        self._thread.start()

    def _sum_up(self, ended: threading.Event) -> None:
        while self._journal.sum_up(AT_ONCE, AT_ONCE) and not self._clock.wait(ended, PAUSE):
            pass
