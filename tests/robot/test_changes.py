"""What scripts changed, while the Orchestrator can't be reached: shown to people, and brought as soon as it answers."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import pytest

from app.journal.journal import Journal
from app.orchestrator.errors import CallError, UnreachableError
from app.robot.delivery import Delivery
from app.robot.pending_changes import LONGEST_SECONDS
from app.robot.script_changes import ScriptChanges
from tests.robot.delivery_bench import OURS, HeldClock
from tests.robot.robot_under_test import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

JOB = "5f3c9a17-0000-4000-8000-000000000001"
TASK = {"guid": "task", "status": "2"}


class Server:
    """Answers what scripts change as it is told; by default it takes everything."""

    def __init__(self) -> None:
        self.answers: deque[CallError | Callable[[], CallError]] = deque()
        self.asked = 0

    def client(self) -> Any:
        return self

    def ask(self, _method: str, _path: str, _form: dict[str, str], *, change: bool) -> None:
        assert change
        self.asked += 1
        if self.answers:
            answer = self.answers.popleft()
            raise answer if isinstance(answer, CallError) else answer()

    def close(self) -> None:
        """Nothing is open."""


class Bench:
    """A delivery that is stepped by hand, with the changes of one run."""

    def __init__(self, folder: Path) -> None:
        self.clock = HeldClock()
        self.server = Server()
        self.journal = Journal.open(folder / "journal.sqlite", origin=OURS)
        self.journal.begin_job(JOB, "job", "", "mark", self.clock.now(), folder / "log", OURS)
        self.waiting: list[int] = []
        self.changes = ScriptChanges(self.journal, OURS, self.server.client, self.clock, "robot", 10)
        self.delivery = Delivery(
            self.journal,
            OURS,
            self.server.client,
            self.clock,
            self.changes,
            on_change=lambda ours, _others: self.waiting.append(ours),
        )

    def put(self, **fields: str) -> None:
        self.changes.put(JOB, "/api/task/update", TASK | fields)

    def step(self, seconds: float = 0.0) -> int:
        """Look what is due; how often the server has been asked when that is over."""
        self.clock.seconds += seconds
        self.delivery.step(lambda _report: None)
        assert eventually(lambda: not self.changes.pending._under_way)
        return self.server.asked


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """One run that has begun."""
    bench = Bench(tmp_path)
    yield bench
    bench.changes.close(0)
    bench.journal.close()


def down() -> UnreachableError:
    """Nobody answers."""
    return UnreachableError("refused")


def test_what_fails_is_counted_at_once_and_what_passes_is_not_shown(bench: Bench) -> None:
    """People and programs are told how many wait as soon as one has failed; an ordinary change flickers nowhere."""
    bench.step()
    reports = bench.waiting[-1]
    bench.put()
    bench.step()
    bench.step()
    assert set(bench.waiting) == {reports}
    bench.server.answers.append(down())
    bench.put()
    bench.put(comment="and another")
    bench.step()
    bench.step()
    assert bench.waiting[-1] == reports + 2
    bench.step(LONGEST_SECONDS)
    bench.step()
    bench.step()
    assert bench.waiting[-1] == reports


def test_the_first_good_answer_after_a_short_outage_is_enough(bench: Bench) -> None:
    """No heartbeat fell into the outage; the next one is answered: what has failed is sent, not in ten seconds."""
    bench.delivery.heard(answered=True)
    bench.server.answers.extend(down() for _ in range(4))
    bench.put()
    for _ in range(4):
        bench.step(LONGEST_SECONDS)
    assert bench.step() == 4
    bench.delivery.heard(answered=True)
    assert bench.step() == 5
    assert not bench.journal.scripts.listed()


def test_a_server_that_answers_but_does_not_take_it_is_asked_more_and_more_seldom(bench: Bench) -> None:
    """Of many good answers to heartbeats the first alone brings it forward."""
    bench.server.answers.extend(UnreachableError("busy", http_status=500) for _ in range(9))
    bench.put()
    bench.step()
    for _ in range(5):
        bench.delivery.heard(answered=True)
        bench.step()
    assert bench.server.asked == 2


def test_an_attempt_that_began_in_the_outage_and_fails_after_it(bench: Bench) -> None:
    """Its time-out says nothing of the server that answers now: it is sent again at once."""

    def slow() -> CallError:
        bench.clock.seconds += 8
        bench.delivery.heard(answered=True)
        bench.delivery.reachable_again()
        bench.clock.seconds += 2
        return down()

    bench.server.answers.append(slow)
    bench.put()
    bench.step()
    assert bench.step() == 2
