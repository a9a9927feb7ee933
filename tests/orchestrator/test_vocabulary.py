"""The dictionaries are the specification's."""

from __future__ import annotations

from app.orchestrator.vocabulary import FINAL_STATUSES, ConsumeCode, HeartbeatCode, JobStatus, NewJob, RobotStatus


def test_numbers_of_the_specification():
    """Every number stands as in the specification."""
    assert [int(status) for status in RobotStatus] == [0, 1, 2, 3]
    assert [int(code) for code in HeartbeatCode] == [0, 10, 20, 101]
    assert [int(found) for found in NewJob] == [0, 1]
    assert [int(code) for code in ConsumeCode] == [0, 101, 102]
    assert [int(status) for status in JobStatus] == list(range(9))
    assert {int(status) for status in FINAL_STATUSES} == {3, 4, 5, 7}
