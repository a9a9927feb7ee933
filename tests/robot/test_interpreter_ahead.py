"""The interpreter that the robot starts ahead of a job: when it is there, and when it has gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.orchestrator.vocabulary import JobStatus
from app.robot.controls import ExitReason
from tests.jobs.jobbench import until
from tests.jobs.test_spares import children, waits
from tests.robot.robot_under_test import reported

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.sandbox.engine import Sandbox
    from tests.robot.robot_under_test import RobotUnderTest

    MakeRobot = Callable[..., RobotUnderTest]


def test_the_next_job_runs_in_the_interpreter_that_waits_for_it(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """After a job one waits; it is the next job's process; a pause ends the one after that."""
    before = children()
    robot = make_robot(when_idle="wait", poll_seconds=0.1)
    robot.script("job", "import os, pathlib\npathlib.Path('pid').write_text(str(os.getpid()))")
    robot.start()
    sandbox.queue_job("job")
    assert sandbox.wait_for(lambda s: reported(s)[-1:] == [JobStatus.SUCCESS], 20)
    until(lambda: any(map(waits, children() - before)))
    (spare,) = children() - before
    sandbox.queue_job("job")
    assert sandbox.wait_for(lambda s: reported(s, 1)[-1:] == [JobStatus.SUCCESS], 20)
    assert int((robot.scripts / "pid").read_text()) == spare
    until(lambda: any(map(waits, children() - before)))
    robot.controls.pause()
    until(lambda: not children() - before)
    robot.controls.quit()
    assert robot.result() is ExitReason.TOLD_TO_END


def test_nothing_runs_any_more_at_the_log_off(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """The interpreter that waited for another job has gone before Windows is told to log off."""
    before = children()
    robot = make_robot(when_idle="logoff")
    robot.script("job", "")
    sandbox.queue_job("job")
    there: list[set[int]] = []
    log_off = robot.session.log_off

    def look() -> bool:
        there.append(children() - before)
        return log_off()

    robot.session.log_off = look  # type: ignore[method-assign]
    assert robot.run() is ExitReason.NO_MORE_WORK
    assert there == [set()]
