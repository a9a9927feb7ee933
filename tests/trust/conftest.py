"""The robot of the loop's tests, in the hands of worse surroundings."""

from tests.robot.conftest import make_robot, sandbox, server

__all__ = ["make_robot", "sandbox", "server"]
