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
from app.robot.unjournaled import Unwritten
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
        self.carried_out: list[str] = []  # the statuses, in order

    def client(self) -> Any:
        return self

    def ask(self, _method: str, _path: str, form: dict[str, str], *, change: bool) -> None:
        assert change
        self.asked += 1
        if self.answers:
            answer = self.answers.popleft()
            raise answer if isinstance(answer, CallError) else answer()
        self.carried_out.append(form["status"])

    def close(self) -> None:
        """Nothing is open."""


class Bench:
    """A delivery that is stepped by hand, with the changes of one run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lives: list[tuple[ScriptChanges, Journal]] = []
        self.clock = HeldClock()
        self.server = Server()
        self.live()
        self.journal.begin_job(JOB, "job", "", "mark", self.clock.now(), folder / "log", OURS)

    def live(self) -> None:
        """A robot begins; the one before, if there was one, has been killed: it doesn't say a word any more."""
        self.journal = Journal.open(self.folder / "journal.sqlite", origin=OURS)
        self.waiting: list[int] = []
        self.changes = ScriptChanges(self.journal, OURS, self.server.client, self.clock, "robot", 10)
        self.delivery = Delivery(
            self.journal,
            OURS,
            self.server.client,
            self.clock,
            self.changes,
            Unwritten(),
            on_change=lambda ours, _others: self.waiting.append(ours),
        )
        self.lives.append((self.changes, self.journal))

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
    for changes, journal in bench.lives:
        changes.close(0)
        journal.close()


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


def lost() -> UnreachableError:
    """The request has reached the Orchestrator, and the answer was lost: it may be carried out at any moment."""
    return UnreachableError("reset", fate_unknown=True)


@pytest.mark.parametrize("lives", [1, 2, 3])
@pytest.mark.parametrize("others", [0, 1])
def test_the_doubt_about_a_taken_status_outlives_the_robot(bench: Bench, lives: int, others: int) -> None:
    """In doubt, taken at the second try, and killed: the next status comes after the doubtful attempt, however late."""
    bench.step()
    bench.server.answers.append(lost())
    bench.put(status="1")
    for number in range(others):  # of another thing, in between
        bench.put(guid=f"other {number}", status="7")
    bench.put(status="2")
    bench.step()
    bench.step(1.0)  # taken
    for _ in range(lives - 1):
        bench.live()
    for _ in range(others + 1):
        bench.step(0.5)
    assert bench.server.carried_out == ["1", *["7"] * others]
    bench.server.carried_out.append("1")  # the doubtful one, now
    bench.step(LONGEST_SECONDS)
    assert bench.server.carried_out[-1] == "2"


def test_a_shorter_doubt_does_not_end_a_longer_one(bench: Bench) -> None:
    """What timed out after ten seconds may be carried out after a later attempt whose connection was lost at once."""

    def slow() -> CallError:
        bench.clock.seconds += 10
        return lost()

    bench.step()
    bench.server.answers.extend([slow, lost()])
    bench.put(status="1")
    bench.put(status="2")
    bench.step()
    bench.step(1.0)
    bench.step(1.0)
    for _ in range(6):
        bench.step(1.0)
    assert bench.server.carried_out == ["1"]


def test_what_a_killed_robot_was_sending_stays_in_doubt_until_the_doubt_is_over(bench: Bench) -> None:
    """Killed while it sends, and killed again after the next one has sent it once more: the third one waits as well."""
    bench.put(status="1")
    bench.put(status="2")
    bench.live()  # as if the first had been sending
    bench.step()
    bench.live()
    bench.step()
    bench.step(LONGEST_SECONDS)
    assert bench.server.carried_out == ["1"]
    bench.server.carried_out.append("1")
    bench.step(3 * LONGEST_SECONDS)
    assert bench.server.carried_out[-1] == "2"


def end_cleanly(bench: Bench) -> None:
    """The robot ends as it should; another one begins."""
    changes, journal = bench.lives.pop()
    changes.close(0)
    journal.close()
    bench.live()


def test_after_a_clean_end_nothing_is_in_doubt(bench: Bench) -> None:
    """Nothing was under way: of what waits, the second change of a thing follows the first at once."""
    bench.step()
    bench.server.answers.append(down())
    bench.put(status="1")
    bench.put(status="2")
    bench.step()
    for _ in range(2):
        end_cleanly(bench)
    bench.step()
    bench.step()
    assert bench.server.carried_out == ["1", "2"]


def test_a_clean_end_ends_no_doubt_that_there_is(bench: Bench) -> None:
    """An attempt whose fate is unknown stays in doubt for the robot that comes after the clean end."""
    bench.step()
    bench.server.answers.append(lost())
    bench.put(status="1")
    bench.put(status="2")
    bench.step()
    end_cleanly(bench)
    bench.step()
    bench.step(1.0)
    assert bench.server.carried_out == ["1"]
    bench.step(3 * LONGEST_SECONDS)
    assert bench.server.carried_out == ["1", "2"]


def test_a_clean_end_says_nothing_of_the_robot_after_it(bench: Bench) -> None:
    """Ended cleanly, begun again, and killed while it sends: the third robot doubts what the second was sending."""
    bench.step()
    bench.server.answers.extend([down(), down()])
    bench.put(status="1")
    bench.put(status="2")
    bench.step()
    end_cleanly(bench)
    bench.step()
    bench.live()
    bench.step()
    bench.step(1.0)
    assert bench.server.carried_out == ["1"]
    bench.server.carried_out.append("1")
    bench.step(3 * LONGEST_SECONDS)
    assert bench.server.carried_out[-1] == "2"


def test_a_doubt_that_is_over_leaves_nothing_in_the_journal(bench: Bench) -> None:
    """The next robot doesn't wait for it."""
    bench.step()
    bench.server.answers.append(lost())
    bench.put(status="1")
    bench.step()
    bench.step(1.0)
    bench.step(LONGEST_SECONDS)
    bench.put(status="2")
    bench.live()
    bench.step()
    assert bench.server.carried_out == ["1", "2"]
