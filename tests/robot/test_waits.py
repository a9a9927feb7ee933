"""Waits between tries: they grow, have a limit, and differ between robots."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.robot.retry import LONGEST_RETRY_AFTER, LONGEST_SECONDS, Backoff


@pytest.mark.parametrize("seed", range(5))
def test_waits_double_up_to_a_minute(seed):
    """Half to all of 1, 2, 4, … 60 seconds."""
    backoff = Backoff(rng=random.Random(seed))
    for ceiling in [1, 2, 4, 8, 16, 32, 60, 60, 60]:
        assert ceiling / 2 <= backoff.next_delay() <= ceiling


def test_a_good_answer_starts_over():
    """After a good answer the next trouble begins with a short wait."""
    backoff = Backoff()
    for _unused in range(10):
        backoff.next_delay()
    backoff.reset()
    assert backoff.next_delay() <= 1


def test_robots_do_not_return_at_one_moment():
    """Fifty robots after the same outage wait for different times."""
    assert len({Backoff().next_delay() for _unused in range(50)}) > 40


@given(st.integers(0, 10_000), st.floats(min_value=0, allow_nan=False))
def test_the_server_may_ask_for_more_but_not_for_a_night(attempt, retry_after):
    """Never less than `Retry-After`, never more than half over its limit, whatever the server says."""
    delay = Backoff(attempt=attempt).next_delay(retry_after)
    assert delay >= min(retry_after, LONGEST_RETRY_AFTER)
    assert 0.5 <= delay <= max(LONGEST_SECONDS, 1.5 * LONGEST_RETRY_AFTER)
