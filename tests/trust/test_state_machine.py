"""Whatever happens in whatever order, the invariants of the durability rule hold (property-based)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import app.robot.heartbeats
import app.robot.loop
import app.robot.working
from tests.trust.players import InlineDelivery, heartbeats_in
from tests.trust.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

# 240: every count that a choice is made of divides it. Half of the time all goes well, or no story would get far.
STORIES = st.lists(st.one_of(st.just(0), st.integers(0, 239)), min_size=100, max_size=100)

# Somebody quits while a job that was handed out once more is told of again: it said Stopping, of no job.
_NOT_NOUGHT = {23: 202, 36: 1, 54: 1, 58: 1, 61: 4, 70: 173, 72: 1}
QUIT_WHILE_TOLD_AGAIN = [_NOT_NOUGHT.get(number, 0) for number in range(100)]


@pytest.fixture(autouse=True, scope="module")
def _quiet() -> Iterator[None]:
    """Thousands of lives have nothing to log, and no process to look for."""
    logging.disable(logging.CRITICAL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app.robot.loop, "kill_leftovers", lambda *_: 0)
        yield
    logging.disable(logging.NOTSET)


def tell(numbers: list[int], when_idle: str) -> World:
    """Live through a story."""
    world = World(numbers, when_idle)
    with pytest.MonkeyPatch.context() as patch:
        for module in (app.robot.working, app.robot.heartbeats):  # with a job, and without one
            patch.setattr(module, "WorkingHeartbeats", heartbeats_in(world))
        patch.setattr(app.robot.loop, "Delivery", InlineDelivery)
        world.tell()
    return world


@settings(max_examples=400, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(STORIES, st.sampled_from(["logoff", "exit"]))
@example(QUIT_WHILE_TOLD_AGAIN, "logoff")
def test_no_order_of_events_breaks_the_rules(numbers: list[int], when_idle: str) -> None:
    """One final status per job, none twice, Abort wins, no log-off with work left, states that agree with themselves.

    The rules themselves are asserted in `World`, at the moment when they could be broken.
    """
    tell(numbers, when_idle)


def test_an_empty_story_is_a_good_night() -> None:
    """With nothing in the way every job is a success and the robot logs off: the world plays fair."""
    world = tell([], "logoff")
    assert [world.journal.job(job.guid).status.name for job in world.jobs] == ["SUCCESS"] * 3
    assert world.logged_off
