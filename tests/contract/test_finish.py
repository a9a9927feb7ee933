"""`robot finish`: robots end after their jobs; who waited in vain leaves them as they were."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from tests.contract.orchestrator import SUCCESS
from tests.contract.robot_process import finish, wait_until

if TYPE_CHECKING:
    from tests.contract.orchestrator import Orchestrator
    from tests.contract.robot_process import Home

WAITS = """
import pathlib, time
pathlib.Path("begun").touch()
while not pathlib.Path("done").exists():
    time.sleep(0.02)
"""


def test_without_a_robot_there_is_nothing_to_finish(robot: Home) -> None:
    """Nobody runs: 0, with and without a wait."""
    assert robot.run("finish").code == 0
    assert robot.run("finish", "--wait", "1", "--all-sessions").code == 0


def test_finish_ends_a_robot_after_its_job(robot: Home, orchestrator: Orchestrator) -> None:
    """It says 5, since the job still runs; the job is reported by its own end, the next one stays where it is."""
    robot.settings(orchestrator.url, when_idle="wait")
    robot.script("waits", WAITS)
    job, next_job = orchestrator.queue("waits"), orchestrator.queue("waits")
    process = robot.start_robot()
    wait_until((robot.scripts / "begun").exists)
    assert robot.run("finish").code == 5
    (robot.scripts / "done").touch()
    assert finish(process).code == 0
    assert job.final == SUCCESS
    assert next_job.updates == []


def test_a_wait_that_runs_out_takes_the_request_back(robot: Home, orchestrator: Orchestrator) -> None:
    """The robot doesn't end after its job, but takes the next one; a wait that lasts long enough ends it."""
    robot.settings(orchestrator.url, when_idle="wait")
    robot.script("waits", WAITS)
    robot.script("quick", "")
    job = orchestrator.queue("waits")
    busy = robot.start_robot()
    wait_until((robot.scripts / "begun").exists)
    assert robot.run("finish", "--wait", "0.01").code == 5
    (robot.scripts / "done").touch()
    wait_until(lambda: job.final is not None)
    after = orchestrator.queue("quick")
    wait_until(lambda: after.final == SUCCESS)
    assert busy.poll() is None
    assert robot.run("finish", "--wait", "1").code == 0
    assert finish(busy).code == 0


def test_a_request_goes_with_whoever_made_it(robot: Home, orchestrator: Orchestrator) -> None:
    """A killed `finish --wait` asks nothing any more: the robot takes the next job."""
    robot.settings(orchestrator.url, when_idle="wait")
    robot.script("waits", WAITS)
    job = orchestrator.queue("waits")
    process = robot.start_robot()
    wait_until((robot.scripts / "begun").exists)
    asking = robot.start("finish", "--wait", "5")
    wait_until(lambda: "takes no more jobs" in robot.log())
    os.kill(asking.pid, signal.SIGKILL)
    wait_until(lambda: "takes jobs again" in robot.log())
    (robot.scripts / "done").touch()
    wait_until(lambda: job.final is not None)
    robot.script("quick", "")
    after = orchestrator.queue("quick")
    wait_until(lambda: after.final == SUCCESS)
    assert robot.run("finish", "--wait", "1").code == 0
    assert finish(process).code == 0
