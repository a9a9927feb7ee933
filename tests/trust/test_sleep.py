"""The machine sleeps for a night: while a job runs, while the log-off counts down, while the robot is offline.

On Windows the monotonic clock goes on during sleep, on Linux it stands still; the wall clock has jumped on both. A wait
that was under way still has to last what was left of it: the time-outs of neither system run on during sleep.
https://learn.microsoft.com/windows/win32/api/synchapi/nf-synchapi-waitforsingleobject (since Windows 8)
https://man7.org/linux/man-pages/man2/clock_gettime.2.html (CLOCK_MONOTONIC)
"""

from __future__ import annotations

import functools
import itertools
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from app.base.errors import OfflineLimitError
from app.orchestrator.vocabulary import JobStatus
from app.robot.controls import ExitReason
from app.robot.state import RobotState
from app.sandbox.faults import Fault, FaultKind
from tests.robot.robot_under_test import PATIENCE, HurriedClock, RobotUnderTest

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from app.sandbox.engine import Sandbox

    MakeRobot = Callable[..., RobotUnderTest]

NIGHT = timedelta(hours=8)
HEARTBEAT_SECONDS = 10
READY = {"path": "/api/robot/heartbeat", "form": {"Status": "2"}}
UNTIL_TOLD = """
import pathlib, time
print("begun", flush=True)
while not pathlib.Path("done").exists():
    time.sleep(0.01)
"""


class SleepingClock(HurriedClock):
    """A clock of a machine that sleeps; `monotonic_goes_on` as on Windows."""

    def __init__(self, *, monotonic_goes_on: bool) -> None:
        self.monotonic_goes_on = monotonic_goes_on
        self._slept = timedelta()
        self.timed_out_at: list[float] = []
        super().__init__()

    def sleep(self) -> None:
        """A night passes; none of the machine's programs gets to run."""
        self._slept += NIGHT

    def now(self) -> datetime:
        return super().now() + self._slept

    def monotonic(self) -> float:
        return super().monotonic() + (self._slept.total_seconds() if self.monotonic_goes_on else 0)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        happened = super().wait(event, seconds)
        if not happened and threading.current_thread().name == "robot-heartbeats":
            self.timed_out_at.append(self.monotonic())
        return happened


@pytest.fixture(params=["Windows", "Linux"])
def clock(request: pytest.FixtureRequest) -> SleepingClock:
    """The clock of a machine with this system."""
    return SleepingClock(monotonic_goes_on=request.param == "Windows")


@pytest.fixture
def make_robot(make_robot: MakeRobot, clock: SleepingClock) -> MakeRobot:
    """Makes robots with this clock."""
    return functools.partial(make_robot, clock=clock)


def _heartbeats(sandbox: Sandbox, status: str) -> int:
    return sum(request.form.get("Status") == status for request in sandbox.requests)


def _wait_for_heartbeats(sandbox: Sandbox, status: str, more: int) -> None:
    wanted = _heartbeats(sandbox, status) + more
    assert sandbox.wait_for(lambda sandbox: _heartbeats(sandbox, status) >= wanted, PATIENCE)


def test_heartbeats_missed_in_sleep_are_not_made_up_for(
    make_robot: MakeRobot, sandbox: Sandbox, clock: SleepingClock
) -> None:
    """After waking the job goes on with heartbeats at their usual pace, and its end is an ordinary one."""
    robot = make_robot(heartbeat_seconds=HEARTBEAT_SECONDS)
    robot.script("job", UNTIL_TOLD)
    job = sandbox.queue_job("job")
    robot.start()
    _wait_for_heartbeats(sandbox, "3", 2)
    clock.sleep()
    _wait_for_heartbeats(sandbox, "3", 4)
    (robot.scripts / "done").touch()
    assert robot.result() is ExitReason.NO_MORE_WORK
    assert min(later - earlier for earlier, later in itertools.pairwise(clock.timed_out_at)) >= HEARTBEAT_SECONDS
    assert job.reported == [JobStatus.IN_PROGRESS, JobStatus.SUCCESS]
    assert not sandbox.violations


def test_whoever_wakes_the_machine_can_still_cancel_the_log_off(
    make_robot: MakeRobot, sandbox: Sandbox, clock: SleepingClock
) -> None:
    """The countdown is not over because the machine slept through its end: what was left of it is still waited for."""
    robot = make_robot(when_idle="logoff", logoff_countdown=1000)
    robot.start()
    robot.wait_for(lambda snapshot: snapshot.state is RobotState.LEAVING)
    clock.sleep()
    robot.controls.cancel_leaving()
    _wait_for_heartbeats(sandbox, "2", 1)
    assert robot.board.snapshot.state is RobotState.READY
    assert robot.session.log_offs == 0


def test_a_job_that_came_while_the_machine_slept_is_done_before_the_log_off(
    make_robot: MakeRobot, sandbox: Sandbox, clock: SleepingClock
) -> None:
    """A "no job" from before the night is no reason to log off: the Orchestrator is asked again."""
    robot = make_robot(when_idle="logoff", logoff_countdown=50)
    robot.script("job", "")
    robot.start()
    robot.wait_for(lambda snapshot: snapshot.state is RobotState.LEAVING)
    clock.sleep()
    job = sandbox.queue_job("job")
    assert robot.result() is ExitReason.NO_MORE_WORK
    assert job.reported == [JobStatus.IN_PROGRESS, JobStatus.SUCCESS]
    assert robot.session.log_offs == 1


def test_an_orchestrator_that_is_back_after_the_night_is_worked_for(
    make_robot: MakeRobot, sandbox: Sandbox, clock: SleepingClock
) -> None:
    """A night longer than `offline_limit` ends nothing by itself: the robot tries once more before it gives up."""
    fault = sandbox.faults.add(Fault(FaultKind.DROP, count=None, **READY))
    robot = make_robot(offline_limit=3600)
    robot.start()
    robot.wait_for(lambda snapshot: snapshot.state is RobotState.OFFLINE)
    clock.sleep()
    sandbox.faults.remove(fault.id)
    assert robot.result() is ExitReason.NO_MORE_WORK


def test_the_night_counts_for_the_offline_limit_as_far_as_the_clock_does(
    make_robot: MakeRobot, sandbox: Sandbox, clock: SleepingClock
) -> None:
    """On Windows the first failure after the night is one too many; on Linux only the time awake counts."""
    sandbox.faults.add(Fault(FaultKind.DROP, count=None, **READY))
    robot = make_robot(offline_limit=300)
    robot.start()
    robot.wait_for(lambda snapshot: snapshot.state is RobotState.OFFLINE)
    before = _heartbeats(sandbox, "2")
    clock.sleep()
    with pytest.raises(OfflineLimitError):
        robot.result()
    tries = _heartbeats(sandbox, "2") - before
    assert tries <= 2 if clock.monotonic_goes_on else tries > 4
