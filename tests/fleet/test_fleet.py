"""A thousand robots in virtual time: not in step, heard, and back by themselves. Ten thousand: `dev.py fleet`."""

from __future__ import annotations

import pytest

from tests.fleet.robot import Pace
from tests.fleet.server import SERVICE
from tests.fleet.situations import Fleet, spend

ROBOTS = 1000
# A server that a thousand robots keep as busy as ten thousand keep the one of the documentation.
TEN_TIMES_SLOWER = {call: 10 * seconds for call, seconds in SERVICE.items()}
NOISE = 1.5  # the fullest of sixty seconds with a hundred requests each, over their mean: 1.35 by chance alone


@pytest.mark.parametrize("situation", ["second", "rollout", "hung", "power"])
def test_nobody_goes_on_in_step(situation: str) -> None:
    """Soon after the worst that can happen, no second of a minute is fuller than half over its mean."""
    now = spend(situation, ROBOTS, 1, service=TEN_TIMES_SLOWER).verdict(situation)
    assert now.settled is not None
    assert now.settled <= 40
    assert now.later <= NOISE
    assert now.silence <= 15


def test_who_was_told_to_wait_does_not_come_back_in_step() -> None:
    """Switched on in one second, and told the same again and again by a server that is busy: soon no second is full."""
    fleet = Fleet(ROBOTS, 1, service=TEN_TIMES_SLOWER)
    fleet.server.retry_after = 10.0
    fleet.server.becomes("peace")
    fleet.switch_on(0, 1)
    fleet.run(240)
    asked = [fleet.server.seconds.came[second] for second in range(180, 240)]
    assert max(asked) < NOISE * sum(asked) / len(asked)


def test_an_hour_of_rest() -> None:
    """An hour of a thousand robots: a hundred questions a second, evenly; heard every eleven seconds."""
    fleet = Fleet(ROBOTS, 1, service=TEN_TIMES_SLOWER)
    fleet.switch_on(0, 1)
    fleet.run(60)
    fleet.over()
    fleet.run(3600)
    hour = fleet.verdict("hour")
    assert hour.rate == pytest.approx(100, rel=0.02)
    assert (hour.settled, hour.failed) == (0, 0)
    assert hour.beats < 0.7
    assert hour.silence < 12


def test_a_queue_that_is_too_long_empties_by_itself() -> None:
    """Half a minute of a locked database fills a queue in which everybody waits longer than anybody is patient.

    Each answer comes too late and is given to nobody, as long as the robots ask as often as the server answers. They
    don't: whoever was not answered asks more seldom than at rest.
    """
    fleet = Fleet(ROBOTS, 1, Pace(), service=TEN_TIMES_SLOWER, backlog=4096)
    fleet.switch_on(0, 600)
    fleet.run(900)
    fleet.out("hangs", 60)
    fleet.run(600)
    after = fleet.verdict("hung")
    assert after.recovers < 120
    assert after.later <= NOISE
