"""The one way to every access of the journal's file.

Another program that reads or copies the file, or a full disk, passes by itself or because a person sees to it. So an
access waits at the gate and is tried again: nothing of the robot ends because of it, and nothing is lost.
"""

from __future__ import annotations

import logging
import math
import sqlite3
import threading
from typing import TYPE_CHECKING, Final, TypeVar

from app.base.clock import Clock
from app.base.i18n import _
from app.journal.errors import JournalError, describe_journal_error, may_pass

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

log = logging.getLogger("robot.journal")
Result = TypeVar("Result")

HURRIED_SECONDS: Final = 3.0
_FIRST_DELAY: Final = 0.05
_LONGEST_DELAY: Final = 0.5
_SAY_AFTER: Final = 1.0  # shorter waits are nobody's business


class Gate:
    """Waits while the file is busy, locked or the disk is full, and says so; other threads may try meanwhile.

    Args:
        clock: what the waits go by.
        on_trouble: told why it waits, in words for people, and "" when that is over; from any thread, under no lock.
    """

    def __init__(self, clock: Clock | None = None, on_trouble: Callable[[str], object] = bool) -> None:
        self._clock = clock or Clock()
        self._on_trouble = on_trouble
        self._lock = threading.Lock()
        self._hurried = threading.Event()
        self._hurried_at = math.inf
        self._counting = threading.Lock()
        self._waiting = 0

    @classmethod
    def hurried(cls) -> Gate:
        """A gate at which nobody waits for long, for commands."""
        gate = cls()
        gate.hurry()
        return gate

    def hurry(self) -> None:
        """Told to end now: from here on no call waits longer than `HURRIED_SECONDS` (then JournalError)."""
        self._hurried_at = min(self._hurried_at, self._clock.monotonic())
        self._hurried.set()

    def through(
        self,
        attempt: Callable[[], Result],
        path: Path,
        *,
        patience: float = math.inf,
        passes: Callable[[Exception], bool] = may_pass,
    ) -> Result:
        """Carry out `attempt`, one at a time; again while it fails with something that may pass.

        Args:
            attempt: one access of the file; after an error nothing of it has happened.
            path: the file, for the words.
            patience: seconds to wait at the most.
            passes: which errors are waited for.

        Raises:
            JournalError: it can't be done, or not in time.
        """
        started = self._clock.monotonic()
        delay = _FIRST_DELAY
        said = False
        try:
            while True:
                try:
                    with self._lock:
                        return attempt()
                except (sqlite3.Error, OSError) as error:
                    problem = journal_error(path, error)
                    left = self._deadline(started, patience) - self._clock.monotonic()
                    if left <= 0 or not passes(error):
                        raise problem from error
                if not said and self._clock.monotonic() - started >= _SAY_AFTER:
                    said = True
                    self._begin_trouble(problem)
                # Set already, the event would not wait any more.
                wake = threading.Event() if self._hurried.is_set() else self._hurried
                self._clock.wait(wake, min(delay, left))
                delay = min(delay * 2, _LONGEST_DELAY)
        finally:
            if said:
                self._end_trouble()

    def _deadline(self, started: float, patience: float) -> float:
        return min(started + patience, max(started, self._hurried_at) + HURRIED_SECONDS)

    def _begin_trouble(self, problem: JournalError) -> None:
        log.warning("%s; the robot waits", problem.message)
        with self._counting:
            self._waiting += 1
        self._on_trouble(str(problem))

    def _end_trouble(self) -> None:
        with self._counting:
            self._waiting -= 1
            over = not self._waiting
        if over:
            log.info("The wait for the journal is over")
            self._on_trouble("")


def journal_error(path: Path, error: sqlite3.Error | OSError) -> JournalError:
    """`error` in words for people."""
    return JournalError(
        _("The journal {path} can't be read or written: {error}").format(
            path=path, error=describe_journal_error(error)
        ),
        _("Free some disk space and close programs that keep the file open; the robot tries again."),
    )
