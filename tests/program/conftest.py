"""The loop's own fixtures: an Orchestrator, and robots that work for it."""

from tests.robot.conftest import make_robot, sandbox, server

__all__ = ["make_robot", "sandbox", "server"]
