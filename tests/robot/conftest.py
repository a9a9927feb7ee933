"""A robot on its own thread against the sandbox on a real socket, with real scripts and a real journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.sandbox.engine import Sandbox
from app.sandbox.server import SandboxServer
from tests.robot.delivery_bench import Bench
from tests.robot.robot_under_test import GUID, RobotUnderTest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def sandbox() -> Sandbox:
    """An Orchestrator that knows the robot."""
    sandbox = Sandbox()
    sandbox.add_robot(GUID)
    return sandbox


@pytest.fixture
def server(sandbox: Sandbox) -> Iterator[SandboxServer]:
    """The sandbox on a socket."""
    with SandboxServer(sandbox) as server:
        yield server


@pytest.fixture
def make_robot(tmp_path: Path, server: SandboxServer) -> Iterator[Callable[..., RobotUnderTest]]:
    """Makes robots that are ended with the test."""
    made: list[RobotUnderTest] = []

    def make(**settings: Any) -> RobotUnderTest:
        robot = RobotUnderTest(tmp_path, server.url, **settings)
        made.append(robot)
        return robot

    yield make
    for robot in made:
        robot.end()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A journal, a server, a delivery between them."""
    bench = Bench(tmp_path)
    yield bench
    bench.journal.close()
