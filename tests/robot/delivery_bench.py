"""Delivery with a server of the test's own in place of the wire, and a clock that stands still."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.base.clock import Clock
from app.journal.journal import Journal
from app.orchestrator.errors import CallError, UnreachableError
from app.orchestrator.origin import origin_of
from app.orchestrator.vocabulary import JobOrder, JobStatus
from app.robot.current_run import Run
from app.robot.delivery import Delivery
from app.robot.unjournaled import Unwritten
from tests.robot.no_changes import NoChanges

OURS = origin_of("http://orchestrator", "da8bc2f0-8065-4385-b867-405e66b8e151")
THEIRS = origin_of("http://elsewhere", "da8bc2f0-8065-4385-b867-405e66b8e151")
T0 = datetime(2026, 11, 25, tzinfo=UTC)


class HeldClock(Clock):
    """Stands still until it is moved."""

    seconds = 1000.0
    wrong = 0.0  # by so many seconds the wall clock was set

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return T0 + timedelta(seconds=self.seconds + self.wrong)


class Server:
    """Answers `job/update` as it is told: by default it takes everything."""

    def __init__(self, clock: HeldClock) -> None:
        self.carried_out: list[tuple[str, JobStatus]] = []
        self.answers: dict[str, list[CallError | None]] = {}
        self.clients = 0
        self.clock = clock
        self.takes = 0.0

    def client(self) -> Any:
        self.clients += 1
        return self

    def update_job(self, guid: str, status: JobStatus, *, cancellable: bool) -> None:
        assert not cancellable, "a status under way is never abandoned"
        queue = self.answers.get(guid, [])
        self.clock.seconds += self.takes
        answer = queue.pop(0) if queue else None
        if answer is not None:
            raise answer
        self.carried_out.append((guid, status))

    def close(self) -> None:
        """Nothing is open."""


class Bench:
    """A delivery that is stepped by hand."""

    def __init__(self, folder: Path) -> None:
        self.clock = HeldClock()
        self.server = Server(self.clock)
        self.journal = Journal.open(folder / "journal.sqlite", origin=OURS)
        self.waiting: list[tuple[int, int]] = []
        self.unwritten = Unwritten()
        self.delivery = self.anew()

    def anew(self) -> Delivery:
        """The delivery of another robot of this program."""
        self.delivery = Delivery(
            self.journal,
            OURS,
            self.server.client,
            self.clock,
            NoChanges(self.clock),
            self.unwritten,
            on_change=lambda *counts: self.waiting.append(counts),
        )
        return self.delivery

    def run(self, guid: str) -> Run:
        """As it was handed out."""
        return Run(JobOrder(guid, "job"), self.clock.now(), Path("/log"), "mark")

    def begin(self, guid: str, origin: Any = OURS) -> None:
        self.journal.begin_job(guid, "job", "", "mark", self.clock.now(), Path("/log"), origin)
        self.delivery.put_down()

    def finish(self, guid: str, status: JobStatus = JobStatus.SUCCESS) -> None:
        self.journal.finish_job(guid, status, self.clock.now(), 0, "", "")
        self.delivery.put_down()

    def step(self, seconds: float = 0.0) -> None:
        self.clock.seconds += seconds
        self.delivery.step(self.delivery.send)


def lost() -> UnreachableError:
    """An answer that never came: the server may have acted, or may act yet."""
    return UnreachableError("timed out", fate_unknown=True)
