"""Every network call of every step × every fault × every course: nothing lost, nothing twice, nothing untrue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.trust import fault_table
from tests.trust.fault_cases import CASES, Case
from tests.trust.fault_run import Range

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def place() -> Iterator[Range]:
    """An Orchestrator and the wrong addresses."""
    with Range() as place:
        yield place


@pytest.fixture(scope="module")
def results(place: Range) -> dict[Case, list[str]]:
    """All cases, several robots at a time."""
    return place.play_all(CASES)


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


def test_no_robot_did_what_no_robot_may_do(results: dict[Case, list[str]], place: Range) -> None:
    """The Orchestrator saw no status after a final one and no heartbeat for another robot's job."""
    assert len(results) == len(CASES)
    assert place.sandbox.violations == []


def test_the_committed_table_is_what_this_run_shows(results: dict[Case, list[str]]) -> None:
    """docs/faults.md is what `python -m tests.trust.fault_table` would write now."""
    assert fault_table.FILE.read_text("utf-8") == fault_table.render(results)
