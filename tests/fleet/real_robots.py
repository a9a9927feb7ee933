"""Many real robots in one process, on threads, until standard input ends: `real_robots URL FOLDER GUID…`."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from app.base.clock import Clock


def main() -> None:
    """Start them one after the other."""
    from tests.robot import robot_under_test
    from tests.robot.robot_under_test import RobotUnderTest

    logging.disable(logging.CRITICAL)
    url, folder, guids = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
    settings = {"when_idle": "wait", "poll_seconds": 10, "heartbeat_seconds": 10, "request_timeout": 10}
    robots = []
    for guid in guids:
        robot_under_test.GUID = guid
        robot = RobotUnderTest(folder / guid, url, clock=_RealClock(), robot_guid=guid, **settings)  # type: ignore[arg-type]
        robot.start()
        robots.append(robot)
    sys.stdin.read()
    for robot in robots:
        robot.controls.quit()
    for robot in robots:
        robot.end()


class _RealClock(Clock):
    """In the place of the hurried one."""


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    main()
