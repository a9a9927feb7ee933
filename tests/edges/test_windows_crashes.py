"""The crash suite (`tests/trust/crash_run.py`) under the Windows Python: TerminateProcess, job objects, file locks."""

from __future__ import annotations

import collections

import pytest

from tests.trust.crash_run import CALLS, CASES

pytestmark = pytest.mark.wine


@pytest.fixture(scope="module")
def answers(windows_python):
    """What the probe says: two looks for a process, the calls of an undisturbed life, then the cases."""
    return windows_python.ask("crashes")


@pytest.fixture(scope="module")
def problems(answers):
    """The problems of each case that came to its end."""
    return {answer["case"]: answer["problems"] for answer in answers if "case" in answer}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_crash_costs_at_most_the_job_that_ran(problems, case):
    """After the next start each job has exactly one final status and ran at most once, and nothing is left running."""
    assert problems[str(case)] == []


def test_the_suite_kills_at_every_call(answers):
    """An undisturbed life makes the same calls as on POSIX."""
    (calls,) = [answer["calls"] for answer in answers if "calls" in answer]
    made = collections.Counter(calls)
    made["heartbeat 3"] = min(made["heartbeat 3"], 1)  # how many there are is a matter of the machine's speed
    assert made == collections.Counter(CALLS)


def test_the_suite_would_see_what_is_left_running(answers):
    """A process with the case's folder on its command line is found while it lives, and not afterwards."""
    assert [answer["seen"] for answer in answers if "seen" in answer] == [1, 0]
