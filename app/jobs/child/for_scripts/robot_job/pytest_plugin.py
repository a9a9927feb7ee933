"""A fixture `robot` for pytest that plays the robot and its Orchestrator: tests of scripts need neither.

    def test_all_invoices_are_posted(robot):
        robot.queue("Invoices").add("INV-17", {"number": 17})
        robot.queue("Invoices").add("INV-18", {"number": -1})
        robot.asset("bank", text="robot", password="s3cret")

        outcome = robot.run("main.py")

        assert outcome.status == 4, outcome.output
        assert outcome.task_statuses == {"INV-17": 2, "INV-18": 4}
        assert "s3cret" not in outcome.output

The wheel brings it by itself. Beside the robot's own source a `conftest.py` with
`pytest_plugins = ["robot_job.pytest_plugin"]` does the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ._played import PlayedRobot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def robot(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlayedRobot]:
    """A robot that runs one script at a time, with an Orchestrator of its own; see `PlayedRobot`.

    `run("main.py")` looks for the script beside the test, then in each folder above it up to pytest's root folder.
    """
    played = PlayedRobot(_folders(request.path.parent, request.config.rootpath), tmp_path_factory.mktemp("robot"))
    yield played
    played.close()


def _folders(start: Path, root: Path) -> list[Path]:
    above = [start, *start.parents]
    return above[: above.index(root) + 1] if root in above else [start, start.parent]
