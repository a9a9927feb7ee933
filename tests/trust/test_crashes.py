"""The robot is killed at every journal write and at every network call; the next one settles everything."""

from __future__ import annotations

import collections

import pytest

from tests.trust import crash_table
from tests.trust.crash_driver import WRITES
from tests.trust.crash_run import CALLS, CASES, CrashCase, calls_of_a_life, counted, play


@pytest.fixture(scope="module")
def results() -> dict[CrashCase, list[str]]:
    """All cases, several at a time."""
    return dict(play(CASES))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_crash_costs_at_most_the_job_that_ran(results: dict[CrashCase, list[str]], case: CrashCase) -> None:
    """After the next start each job has exactly one final status and ran at most once, and nothing is left running."""
    assert results[case] == []


def test_the_suite_kills_at_every_call() -> None:
    """An undisturbed life makes the calls of the suite, as often as it says, and every write of the journal."""
    assert counted(calls_of_a_life()) == collections.Counter(CALLS)
    assert set(WRITES) <= set(CALLS)


def test_the_committed_table_is_what_this_run_shows(results: dict[CrashCase, list[str]]) -> None:
    """docs/crashes.md is what `python -m tests.trust.crash_table` would write now."""
    assert crash_table.FILE.read_text("utf-8") == crash_table.render(results)
