"""No more work: the countdown, the log-off, and what keeps the robot from it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from app.orchestrator.vocabulary import JobStatus
from app.robot.controls import ExitReason
from app.robot.state import RobotState
from app.sandbox.faults import Fault, FaultKind
from tests.robot.robot_under_test import calls, eventually, reported

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.sandbox.engine import Sandbox
    from tests.robot.robot_under_test import RobotUnderTest

    MakeRobot = Callable[..., RobotUnderTest]


def test_no_log_off_before_the_outbox_is_empty(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """The log-off comes after the last delivery and after a fresh answer "no job"."""
    robot = make_robot(when_idle="logoff", logoff_countdown=1)
    robot.script("job", "")
    sandbox.queue_job("job")
    robot.run()
    assert robot.session.log_offs == 1
    assert calls(sandbox)[-2:] == ["heartbeat 2", "heartbeat 2"]
    assert robot.journal.outbox() == []


def test_an_outage_at_the_end_of_the_countdown_begins_it_anew(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """Whoever sits there when the network is back, perhaps hours later, gets the time to cancel the log-off."""
    robot = make_robot(when_idle="logoff", logoff_countdown=20)
    robot.start()
    robot.wait_for(lambda snapshot: snapshot.state is RobotState.LEAVING)
    fault = sandbox.faults.add(Fault(FaultKind.DROP, "/api/robot/heartbeat", count=None))
    robot.wait_for(lambda snapshot: snapshot.state is RobotState.OFFLINE)
    sandbox.faults.remove(fault.id)
    assert robot.result() is ExitReason.NO_MORE_WORK
    states = [snapshot.state for snapshot in robot.seen]
    assert RobotState.LEAVING in states[states.index(RobotState.OFFLINE) :]
    assert robot.session.log_offs == 1


def test_a_job_queued_during_the_countdown_is_done(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """After the countdown the robot asks once more, and stays if there is work."""
    robot = make_robot(when_idle="logoff", logoff_countdown=60)
    robot.script("job", "")
    robot.start()
    robot.wait_for(lambda snapshot: snapshot.state is RobotState.LEAVING)
    sandbox.queue_job("job")
    robot.result()
    assert reported(sandbox)[-1] == JobStatus.SUCCESS


def test_a_cancelled_log_off_waits_for_work(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """After a cancel the robot polls; it asks to leave again only after it has worked once more."""
    robot = make_robot(when_idle="logoff", logoff_countdown=3600)
    robot.script("job", "")
    robot.start()
    robot.wait_for(lambda snapshot: snapshot.state is RobotState.LEAVING)
    robot.controls.cancel_leaving()
    before = len(sandbox.requests)
    assert sandbox.wait_for(lambda s: len(s.requests) > before + 3, 10)
    assert robot.board.snapshot.state is RobotState.READY
    sandbox.queue_job("job")
    robot.wait_for(lambda snapshot: snapshot.last is not None)
    robot.wait_for(lambda snapshot: snapshot.state is RobotState.LEAVING)


def test_a_failed_log_off_is_shown_and_tried_again(make_robot: MakeRobot) -> None:
    """If Windows refuses, the state says so and the robot tries again."""
    robot = make_robot(when_idle="logoff")
    robot.session.can_log_off = False
    robot.start()
    robot.wait_for(lambda snapshot: snapshot.state is RobotState.ERROR)
    robot.session.can_log_off = True
    assert robot.result() is ExitReason.NO_MORE_WORK
    assert robot.session.log_offs >= 2


def test_a_robot_is_heard_while_windows_does_not_log_off(
    make_robot: MakeRobot, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program with an unsaved document holds it up for half a minute: nobody may take the session for hung."""
    robot = make_robot(when_idle="logoff")
    heard: list[bool] = []

    def log_off() -> bool:
        before = len(sandbox.requests)
        heard.append(bool(eventually(lambda: calls(sandbox)[before:].count("heartbeat 0") >= 2)))
        return True

    monkeypatch.setattr(robot.session, "log_off", log_off)
    assert robot.run() is ExitReason.NO_MORE_WORK
    assert heard == [True]


@pytest.mark.parametrize("beats", [0, 1])
def test_a_robot_without_work_is_heard_while_it_waits_for_the_journal(
    make_robot: MakeRobot, sandbox: Sandbox, beats: int
) -> None:
    """A share that hangs: nobody can say whether a report waits, neither at the start nor before the log-off."""
    robot = make_robot(when_idle="logoff", logoff_countdown=12)  # longer than what was read last counts
    held, over = threading.Event(), threading.Event()

    def hang() -> None:
        held.set()
        over.wait()

    holder = threading.Thread(target=robot.gate.through, args=(hang, robot.paths.journal))

    def look() -> None:
        if len(sandbox.requests) >= beats and holder.ident is None:
            holder.start()
            held.wait()

    look()
    sandbox.subscribe(look)
    robot.start()
    try:
        assert eventually(lambda: len(sandbox.requests) >= beats + 4), calls(sandbox)
        assert robot.session.log_offs == 0
    finally:
        over.set()
        holder.join()
    robot.result()
    assert robot.session.log_offs == 1
