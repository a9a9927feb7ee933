"""The crash suite (`tests/trust/crash_run.py`) under the Windows Python: TerminateProcess, job objects, file locks."""

from __future__ import annotations

import collections

import pytest

from tests.trust.crash_run import CALLS, CASES, counted

pytestmark = pytest.mark.wine


@pytest.fixture(scope="module")
def problems_of(windows_python):
    """The problems of a case, once it has been played; all are played in their order, several at a time."""
    known = {}
    with windows_python.start("crashes", "cases") as probe:

        def problems_of(case):
            while case not in known and None not in known:
                answer = probe.answer()
                if answer:
                    known[answer["case"]] = answer["problems"]
                else:
                    known[None] = probe.noise()
            assert case in known, f"the suite has ended before this case: {known[None]}"
            return known[case]

        yield problems_of


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_crash_costs_at_most_the_job_that_ran(problems_of, case):
    """After the next start each job has exactly one final status and ran at most once, and nothing is left running."""
    assert problems_of(str(case)) == []


def test_the_suite_kills_at_every_call(windows_python):
    """An undisturbed life makes the same calls as on POSIX."""
    (answer,) = windows_python.ask("crashes", "life")
    assert counted(answer["calls"]) == collections.Counter(CALLS)


def test_the_suite_would_see_what_is_left_running(windows_python):
    """A process with the case's folder on its command line is found while it lives, and not afterwards."""
    assert windows_python.ask("crashes", "eyes") == [{"seen": 1}, {"seen": 0}]
