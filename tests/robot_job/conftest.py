"""The fixture `robot` of the author's kit, and scripts written into a folder of the test."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest
from robot_job._played import PlayedRobot

from tests.robot.conftest import sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from robot_job._played import Outcome

__all__ = ["robot", "run", "sandbox"]


@pytest.fixture
def robot(tmp_path: Path) -> Iterator[PlayedRobot]:
    """Plays the robot; scripts lie in `tmp_path`."""
    scratch = tmp_path / "played"
    scratch.mkdir()
    played = PlayedRobot([tmp_path], scratch)
    yield played
    played.close()


@pytest.fixture
def run(robot: PlayedRobot, tmp_path: Path) -> Callable[..., Outcome]:
    """Write a script and run it."""

    def run(source: str, **options: object) -> Outcome:
        (tmp_path / "main.py").write_text(textwrap.dedent(source), "utf-8")
        return robot.run("main.py", **options)  # type: ignore[arg-type]

    return run
