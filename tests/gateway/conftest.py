"""A channel without a robot around it, against the sandbox on a real socket."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.gateway.bench import Bench
from tests.robot.conftest import sandbox, server
from tests.robot.robot_under_test import RobotUnderTest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.sandbox.engine import Sandbox
    from app.sandbox.server import SandboxServer


__all__ = ["bench", "make_robot", "sandbox", "server"]


@pytest.fixture
def bench(tmp_path: Path, sandbox: Sandbox, server: SandboxServer) -> Iterator[Bench]:
    """One run's channel."""
    with Bench(tmp_path, server.url, sandbox) as bench:
        yield bench


@pytest.fixture
def make_robot(tmp_path: Path, server: SandboxServer) -> Iterator[Callable[..., RobotUnderTest]]:
    """Makes robots that are ended with the test, with the raw client beside their scripts."""
    made: list[RobotUnderTest] = []

    def make(host: str = "", **settings: Any) -> RobotUnderTest:
        robot = RobotUnderTest(tmp_path, host or server.url, **settings)
        (robot.scripts / "raw_client.py").write_text(
            (Path(__file__).parent / "raw_client.py").read_text("utf-8"), "utf-8"
        )
        made.append(robot)
        return robot

    yield make
    for robot in made:
        robot.end()
