"""Scripts as they are out there, through the robot as a process; and the guides say what came of them."""

from __future__ import annotations

import sys
from collections import Counter

import pytest

from tests.scripts import table
from tests.scripts.play import Case, Result, play

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the Windows program has a lane of its own")


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    """All cases, several robots at a time."""
    return play(table.CASES)


@pytest.mark.parametrize("case", table.CASES, ids=str)
def test_what_comes_of_it(results: dict[str, Result], case: Case) -> None:
    """The status that the Orchestrator carries out, no process left then, and what the script was to leave."""
    assert results[case.en].problems == []


def test_each_case_has_a_name_of_its_own() -> None:
    """By which its result is found."""
    assert [name for name, count in Counter(case.en for case in table.CASES).items() if count > 1] == []


@pytest.mark.parametrize("language", table.GUIDES)
def test_the_table_in_the_guide_is_what_this_run_shows(results: dict[str, Result], language: str) -> None:
    """docs/scripts.md says what `python -m tests.scripts.table` would write now."""
    assert table.written(language) == table.render(language, results)
