"""The table from what was asked and how the script ended to the job's status."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.jobs.outcome import Asked, Ending, EndingKind, final_status
from app.orchestrator.vocabulary import FINAL_STATUSES, JobStatus

N, S, A, Q = Asked.NOTHING, Asked.STOP, Asked.ABORT, Asked.QUIT
EXIT, ITSELF = EndingKind.EXITED, EndingKind.STOPPED_ITSELF
KILLED, LATE, NEVER = EndingKind.KILLED_BY_ABORT, EndingKind.KILLED_BY_STOP_TIMEOUT, EndingKind.NOT_STARTED

TABLE = [
    (N, EXIT, 0, JobStatus.SUCCESS),
    (N, EXIT, 1, JobStatus.FAILED),
    (N, EXIT, -2, JobStatus.FAILED),
    (N, EXIT, -9, JobStatus.FAILED),
    (N, EXIT, 0xC0000005, JobStatus.FAILED),
    (N, NEVER, None, JobStatus.FAILED),
    (S, EXIT, 0, JobStatus.STOPPED),
    (S, ITSELF, 0, JobStatus.STOPPED),
    (S, ITSELF, 3, JobStatus.STOPPED),
    (S, ITSELF, -2, JobStatus.STOPPED),
    (S, EXIT, 1, JobStatus.FAILED),
    (S, NEVER, None, JobStatus.FAILED),
    (S, LATE, -9, JobStatus.ABORTED),
    (A, EXIT, 0, JobStatus.ABORTED),
    (A, EXIT, 1, JobStatus.ABORTED),
    (A, ITSELF, -2, JobStatus.ABORTED),
    (A, KILLED, -9, JobStatus.ABORTED),
    (A, LATE, -9, JobStatus.ABORTED),
    (A, NEVER, None, JobStatus.ABORTED),
    (Q, KILLED, -9, JobStatus.ABORTED),
    (Q, LATE, -9, JobStatus.ABORTED),
    (Q, EXIT, 0, JobStatus.SUCCESS),
    (Q, EXIT, 1, JobStatus.FAILED),
    (Q, ITSELF, -2, JobStatus.STOPPED),
    (Q, NEVER, None, JobStatus.FAILED),
]

asked = st.sampled_from(Asked)
endings = st.builds(Ending, st.sampled_from(EndingKind), st.none() | st.integers(-64, 2**32 - 1), st.just(""))


@pytest.mark.parametrize(("asked", "kind", "code", "status"), TABLE)
def test_the_table(asked, kind, code, status):
    """Every row of the documented table."""
    assert final_status(asked, Ending(kind, code, "")) is status


@given(asked, endings)
def test_every_ending_has_one_final_status(asked, ending):
    """Whatever happens, the Orchestrator is told a status that ends the job."""
    assert final_status(asked, ending) in FINAL_STATUSES


@given(endings)
def test_an_abort_always_wins(ending):
    """An aborted job is Aborted, however its script ended."""
    assert final_status(Asked.ABORT, ending) is JobStatus.ABORTED


@given(asked, endings)
def test_success_is_only_an_exit_code_of_nought(asked, ending):
    """No job is a Success unless its script ended by itself with 0."""
    if final_status(asked, ending) is JobStatus.SUCCESS:
        assert (ending.kind, ending.exit_code) == (EndingKind.EXITED, 0)


def test_wishes_grow_stronger_only():
    """Abort is stronger than quitting, quitting than a Stop."""
    assert sorted(Asked, key=lambda asked: asked.strength) == [N, S, Q, A]
