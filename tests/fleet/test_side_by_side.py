"""Eight robots of one user on one machine: none disturbs another."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from app.orchestrator.vocabulary import JobStatus
from tests.contract.robot_process import interrupt, wait_until
from tests.fleet.side_by_side import PATIENCE, SideBySide

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a home is made of XDG folders")


def runs(process: psutil.Process) -> bool:
    """Whether it runs; one that has ended may wait for a parent to look at it, which may be this very process."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_eight_robots_of_one_user(tmp_path: Path) -> None:
    """All work at once, each in an environment of its own; one is killed and started anew, the others don't notice."""
    with SideBySide(tmp_path, 8) as fleet:
        first, *others = fleet.guids
        for guid in fleet.guids:
            fleet.start(guid)
        scripts = {guid: fleet.at_work(guid) for guid in fleet.guids}
        assert len({prefix for _process, prefix in scripts.values()}) == 8
        for guid, (_process, prefix) in scripts.items():
            assert str(fleet.data(guid)) in prefix  # an environment that no other robot sweeps away

        assert fleet.started_once_more(others[0]) == 5

        killed = fleet.processes[first]
        killed.kill()
        killed.communicate()
        again = fleet.start(first)
        wait_until(lambda: fleet.jobs[first].history[-1][1] == JobStatus.FAILED, PATIENCE)
        wait_until(lambda: not runs(scripts[first][0]), PATIENCE)
        assert all(runs(scripts[guid][0]) for guid in others)
        assert all(len(fleet.jobs[guid].history) == 1 for guid in others)

        fleet.let_go()
        wait_until(lambda: all(fleet.jobs[guid].history[-1][1] == JobStatus.SUCCESS for guid in others), PATIENCE)
        for guid in others:  # through its own robot, on a socket that no other one answers
            assert [f"I am {fleet.jobs[guid].guid}"] == [message.message for message in fleet.jobs[guid].log]
        for process in [again, *(fleet.processes[guid] for guid in others)]:
            interrupt(process)
        for process in fleet.processes.values():
            process.communicate(timeout=PATIENCE)
        assert fleet.home.processes() == []
