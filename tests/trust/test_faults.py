"""Every network call of every step × every fault × every course: nothing lost, nothing twice, nothing untrue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.trust import busy_run, fault_table
from tests.trust.fault_cases import CASES, Case
from tests.trust.fault_run import Range

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.trust.busy_run import BusyCase


@pytest.fixture(scope="module")
def place() -> Iterator[Range]:
    """The wrong addresses."""
    with Range() as place:
        yield place


@pytest.fixture(scope="module")
def results(place: Range) -> dict[Case, list[str]]:
    """All cases, several robots at a time."""
    return place.play_all(CASES)


@pytest.fixture(scope="module")
def busy() -> dict[BusyCase, list[str]]:
    """All cases of a journal that is held, several at a time."""
    return busy_run.play_all(busy_run.CASES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_fault_costs_nothing(results: dict[Case, list[str]], case: Case) -> None:
    """No lost outcome, no second run, no false idle, a bounded request rate, and a true state."""
    assert results[case] == []


def test_no_robot_followed_a_redirect(results: dict[Case, list[str]], place: Range) -> None:
    """Not one connection, and so no credential, reached the host that the redirects name."""
    assert len(results) == len(CASES)
    assert place.elsewhere.connections == 0


def test_no_request_reached_a_server_that_is_not_trusted(results: dict[Case, list[str]], place: Range) -> None:
    """Behind a certificate that is expired, another host's or a stranger's, nobody read a request."""
    assert len(results) == len(CASES)
    assert [server.requests for server in place.tls.values()] == [[], [], []]
    assert all(server.connections for server in place.tls.values())


@pytest.mark.parametrize("case", busy_run.CASES, ids=str)
def test_a_journal_in_use_costs_nothing(busy: dict[BusyCase, list[str]], case: BusyCase) -> None:
    """Whenever another program holds it, and for how long: the robot waits and goes on where it was."""
    assert busy[case] == []


def test_the_journal_is_held_at_every_call() -> None:
    """An undisturbed life makes the calls of the suite, at least as often as it says."""
    made = busy_run.calls_of_a_life()
    assert {call: min(count, made.get(call, 0)) for call, count in busy_run.CALLS.items()} == busy_run.CALLS


def test_the_committed_table_is_what_this_run_shows(
    results: dict[Case, list[str]], busy: dict[BusyCase, list[str]]
) -> None:
    """docs/faults.md is what `python -m tests.trust.fault_table` would write now."""
    assert fault_table.FILE.read_text("utf-8") == fault_table.render(results, busy)
