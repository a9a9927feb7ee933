"""A robot that somebody waits for: it takes no jobs meanwhile, and goes on when nobody waits any more."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from app.orchestrator.vocabulary import JobStatus
from app.robot.controls import ExitReason
from app.robot.state import RobotState
from app.sandbox.faults import Fault, FaultKind
from tests.robot.robot_under_test import reported

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.sandbox.engine import Sandbox
    from tests.robot.robot_under_test import RobotUnderTest

    MakeRobot = Callable[..., RobotUnderTest]


def test_a_robot_that_is_held_back_says_when_no_job_runs_and_goes_on_when_let_go(
    make_robot: MakeRobot, sandbox: Sandbox
) -> None:
    """It ends its job first, takes none of those that wait, doesn't leave; let go, it works to the last one."""
    robot = make_robot()
    robot.script("job", "import time\nprint('begun', flush=True)\ntime.sleep(0.5)")
    for _ in range(2):
        sandbox.queue_job("job")
    robot.start()
    robot.wait_for_line("begun")
    held = threading.Event()
    robot.controls.hold(held.set)
    assert held.wait(10)
    assert reported(sandbox, 0)[-1] == JobStatus.SUCCESS
    before = len(sandbox.requests)
    robot.controls.wake.set()
    assert sandbox.wait_for(lambda s: len(s.requests) > before, 10)
    assert sandbox.requests[-1].form.get("Status") == "0"
    assert sandbox.jobs[1].consumed_at is None
    robot.controls.let_go()
    assert robot.result() is ExitReason.NO_MORE_WORK
    assert reported(sandbox, 1)[-1] == JobStatus.SUCCESS


def test_a_robot_that_is_held_back_neither_leaves_nor_needs_the_orchestrator_to_say_so(
    make_robot: MakeRobot, sandbox: Sandbox
) -> None:
    """Without work it stays while it is held; with the Orchestrator away it says at once that no job runs."""
    robot = make_robot(logoff_countdown=60, when_idle="logoff")
    robot.start()
    robot.wait_for(lambda snapshot: snapshot.state is RobotState.LEAVING)
    held = threading.Event()
    robot.controls.hold(held.set)
    robot.wait_for(lambda snapshot: snapshot.state is RobotState.READY)
    assert held.wait(10)
    sandbox.faults.add(Fault(FaultKind.STATUS, path="/api/robot/heartbeat", status=503))
    robot.controls.wake.set()
    robot.wait_for(lambda snapshot: snapshot.state is RobotState.OFFLINE)
    held.clear()
    robot.controls.hold(held.set)
    assert held.wait(10)
    robot.controls.finish()
    assert robot.result() is ExitReason.TOLD_TO_END
