"""When a robot speaks: at its pace, not in step with others, heard in time."""

from __future__ import annotations

import itertools
import random
import statistics
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from app.base.clock import Clock
from app.robot.pace import HEARD_SECONDS, LONGEST_TURN_SECONDS, Beats, Polls
from tests.contract.robot_process import wait_until
from tests.robot.robot_under_test import calls

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.sandbox.engine import Sandbox
    from tests.robot.robot_under_test import RobotUnderTest

ROBOTS = 2000


def questions(seed: int, *, answered_after: float = 0.0, rounds: int = 12) -> list[float]:
    """When a robot asks that is started at 0; its first answer comes so late."""
    polls, now, asked = Polls(random.Random(seed)), 0.0, []
    for number in range(rounds):
        polls.begins(now)
        asked.append(now)
        now += answered_after if number == 0 else 0.005
        now += polls.until_next(now, 10)
    return asked


def fullest(moments: list[float], start: float, end: float) -> float:
    """The fullest second of this time, over its mean."""
    counts = Counter(int(moment) for moment in moments if start <= moment < end)
    return max(counts.values()) / statistics.mean(counts[second] for second in range(int(start), int(end)))


def test_robots_that_start_together_do_not_go_on_in_step() -> None:
    """Two thousand machines are switched on in one second: ten seconds later they ask evenly, and so they go on."""
    asked = [moment for seed in range(ROBOTS) for moment in questions(seed)[1:]]
    assert fullest(asked, 4, 74) < 1.5


def test_an_answer_that_was_late_moves_nobody() -> None:
    """A slow moment of the server that answers all at once doesn't bring all back at once."""
    polls = []
    for seed in range(ROBOTS):
        rng = random.Random(seed)
        each, now = Polls(rng), rng.uniform(0, 10)
        each.begins(now)
        each.until_next(now, 10)
        each.begins(now + 10)  # it has its place now
        polls.append(20.0 + each.until_next(20.0, 10))  # all are answered in this moment
    assert fullest(polls, 21, 29) < 1.5


def test_a_question_waits_for_its_turn_however_late_the_answer_was() -> None:
    """Never sooner than a tenth of `poll_seconds` after an answer; as a rule `poll_seconds` after the question."""
    for seed in range(200):
        asked = questions(seed, answered_after=25)
        assert 1 <= asked[1] - 25 <= 4
        assert all(9 <= later - earlier <= 11 for earlier, later in itertools.pairwise(asked[1:]))


def test_tries_that_hang_until_their_time_limit_drift_apart() -> None:
    """Each of them leaves the robot the same four seconds; it is heard in time and still not at one moment."""
    waits = []
    for seed in range(200):
        polls = Polls(random.Random(seed))
        polls.begins(100.0)
        waits.append(polls.until_next_try(110.0, 14.0))
    assert all(1 <= wait <= HEARD_SECONDS - 10 for wait in waits)
    assert statistics.pstdev(waits) > 0.4


def test_a_short_wait_between_tries_stays_as_the_policy_wants_it() -> None:
    """What keeps within the time in which a robot must be heard is no matter of the pace."""
    polls = Polls()
    polls.begins(100.0)
    assert polls.until_next_try(100.2, 0.7) == 0.7


@pytest.mark.parametrize("seconds", [0.5, 1, 10, 12, 15, 60])
def test_beats_come_never_sooner_and_hardly_later(seconds: float) -> None:
    """Never closer together than `heartbeat_seconds`, and not later than a robot must be heard, or than that says."""
    for seed in range(50):
        beats, now, begun = Beats(seconds, 0.0, rng=random.Random(seed)), 0.0, [0.0]
        for _ in range(10):
            now += beats.left(now)
            beats.begins(now)
            begun.append(now)
            now += 0.1
            beats.ended(now)
        steps = [later - earlier for earlier, later in itertools.pairwise(begun)]
        assert all(seconds <= step <= max(seconds, HEARD_SECONDS) + 1e-9 for step in steps)
        assert all(step <= 1.1 * seconds + 1e-9 for step in steps[1:])


def test_jobs_handed_out_in_one_moment_do_not_beat_in_step() -> None:
    """The first heartbeats of two thousand runs that began together are spread over three seconds."""
    firsts = [Beats(10, 0.0, rng=random.Random(seed)).left(0.0) for seed in range(ROBOTS)]
    assert fullest(firsts, 10, 13) < 1.5


def test_a_beat_that_hung_is_followed_in_time() -> None:
    """After a beat that took all of its interval the next one isn't left out, and comes before the robot is missed."""
    for seed in range(50):
        beats = Beats(10, 0.0, rng=random.Random(seed))
        now = beats.left(0.0)
        beats.begins(now)
        beats.ended(now + 12)
        assert 1 <= beats.left(now + 12) <= max(1.0, HEARD_SECONDS - 12)


def test_who_hurries_keeps_ten_seconds() -> None:
    """A pace of a minute becomes one of ten seconds; one of five stays."""
    slow, quick = Beats(60, 0.0), Beats(5, 0.0)
    slow.hurry(10)
    quick.hurry(10)
    assert 10 <= slow.left(0.0) <= 13
    assert quick.left(0.0) <= 6.5


def test_new_settings_keep_the_turn() -> None:
    """The robot that follows waits for what is left, at most ten seconds; one that was asking begins at once."""
    polls = Polls()
    polls.begins(0.0)
    wait = polls.until_next(0.0, 10)
    assert polls.left(0.0) == min(wait, LONGEST_TURN_SECONDS)
    assert polls.left(wait) <= 0
    polls.begins(wait)
    assert polls.left(wait) == 0
    polls.until_next(wait, 3600)
    assert polls.left(wait) == LONGEST_TURN_SECONDS


class HeldClock(Clock):
    """Real waits for what is awaited; a monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.waits: list[tuple[object, float]] = []

    def monotonic(self) -> float:
        return self.seconds

    def wait(self, event, seconds: float) -> bool:
        self.waits.append((event, seconds))
        return event.wait(0.01)


def test_a_robot_with_new_settings_does_not_ask_out_of_turn(
    make_robot: Callable[..., RobotUnderTest], sandbox: Sandbox
) -> None:
    """A file that changes on all machines at once brings no question of theirs forward."""
    clock = HeldClock()
    robot = make_robot(when_idle="wait", clock=clock)
    robot.polls.begins(clock.seconds)
    wait = robot.polls.until_next(clock.seconds, 10)
    robot.start()
    turn = (robot.controls.wake, min(wait, LONGEST_TURN_SECONDS))
    wait_until(lambda: turn in clock.waits)
    assert calls(sandbox) == []
    clock.seconds += wait + 1
    assert sandbox.wait_for(lambda box: len(box.requests) == 1, 20)


@pytest.mark.parametrize(("asked", "least"), [(13.0, 13.0), (30.0, 7.0)])
def test_a_servers_wish_is_heeded_as_far_as_the_robot_is_heard(asked: float, least: float) -> None:
    """Told to wait, it waits as long as it may: 14 s after its last question it is heard whatever the server wants."""
    waits = []
    for _ in range(200):
        polls = Polls()
        polls.begins(100.0)
        waits.append(polls.until_next_try(100.0, 1.4 * asked, asked))
    assert least <= min(waits) <= max(waits) <= 14
    assert max(waits) - min(waits) > 0.8 * (14 - least)
