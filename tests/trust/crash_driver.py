"""One life of a robot in a process of its own, which is killed at a chosen call.

The product knows nothing of this: the driver wraps the journal, the wire and the runner of the robot that it starts.
"""

from __future__ import annotations

import collections
import logging
import os
import signal
import sys
import threading
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from app.jobs.runner import JobRunner
from app.jobs.starting import StartingJob
from app.journal.journal import Journal
from app.orchestrator.transport import Transport
from tests.robot.robot_under_test import RobotUnderTest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

READS: Final = frozenset(
    {"open", "open_to_read", "outbox", "dead_letters", "undelivered", "job", "interrupted", "jobs", "close"}
)
OF_PERSONS: Final = frozenset({"open_to_change", "retry", "discard"})  # `robot outbox`, in a process of its own
AFTER_A_DAY: Final = frozenset({"dead_letter"})  # of refusals: no life here is so long
AFTER_A_MINUTE: Final = frozenset({"did_not_run"})  # of a busy file: tests/simulation lives through those
DERIVED: Final = frozenset({"sum_up"})  # from the rest, some time later: tests/history/test_sums.py
_NOT_MET: Final = READS | OF_PERSONS | AFTER_A_DAY | AFTER_A_MINUTE | DERIVED
WRITES: Final = tuple(name for name in vars(Journal) if not name.startswith("_") and name not in _NOT_MET)
LIFE: Final = "life"  # a line of the notes: here one begins


class Moment(StrEnum):
    """When the robot dies, seen from the call."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True)
class Point:
    """Where it dies: at the `number`-th call of that name."""

    call: str
    number: int
    moment: Moment

    def __str__(self) -> str:
        return f"{self.moment} {self.call}, {self.number}"


class _Fate:
    """Counts calls and kills at the chosen one."""

    def __init__(self, point: Point | None, notes: Path) -> None:
        self._point, self._notes = point, notes
        self._counts: collections.Counter[str] = collections.Counter()
        self._lock = threading.Lock()
        self.note(LIFE)

    def note(self, text: str) -> None:
        """One line, whatever happens next."""
        with self._lock, self._notes.open("a") as file:
            file.write(f"{text}\n")

    def meet(self, call: str, action: Callable[[], Any], subject: str = "") -> Any:
        with self._lock:
            self._counts[call] += 1
            here = (call, self._counts[call])
        self.note(call)
        if self._point and here == (self._point.call, self._point.number) and self._point.moment is Moment.BEFORE:
            _die()
        try:
            result = action()
            if subject:
                self.note(f"done {call} {subject}")
        finally:
            if self._point and here == (self._point.call, self._point.number) and self._point.moment is Moment.AFTER:
                _die()
        return result


def _die() -> None:
    """At once, without any clean-up: on Windows `os.kill` is TerminateProcess."""
    os.kill(os.getpid(), signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)


def call_name(path: str, form: dict[str, Any]) -> str:
    """`heartbeat 2`, `consumeNextJob`, `update 8`."""
    name = path.rsplit("/", 1)[-1]
    detail = {"heartbeat": form.get("Status"), "update": form.get("status")}.get(name)
    return name if detail is None else f"{name} {int(detail)}"


def live(folder: Path, url: str, point: Point | None, notes: Path) -> None:
    """Run the robot until it has no more work, or until it dies."""
    logging.disable(logging.CRITICAL)
    fate = _Fate(point, notes)
    robot = RobotUnderTest(folder, url, heartbeat_seconds=10)
    for name in WRITES:
        method = getattr(robot.journal, name)
        setattr(robot.journal, name, lambda *a, _n=name, _m=method: fate.meet(_n, lambda: _m(*a), str(a[0])))
    request, place, start = Transport.request, JobRunner._place, StartingJob.start

    def watched_request(self: Transport, method: str, path: str, form: Any, **options: Any) -> Any:
        return fate.meet(call_name(path, form), lambda: request(self, method, path, form, **options))

    def watched_place(self: JobRunner, *args: Any) -> Any:
        return fate.meet("laying out of a run", lambda: place(self, *args))

    def watched_start(self: StartingJob) -> Any:
        return fate.meet("start of the script", lambda: start(self))

    Transport.request, JobRunner._place, StartingJob.start = watched_request, watched_place, watched_start
    robot.robot.run()
    robot.journal.close()
