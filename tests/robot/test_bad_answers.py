"""What the loop makes of an Orchestrator that answers badly, refuses, or is away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.base.errors import OfflineLimitError, RefusedError
from app.orchestrator.vocabulary import JobStatus
from app.robot.controls import ExitReason
from app.robot.state import RobotState
from app.sandbox.faults import Fault, FaultKind, When
from tests.robot.robot_under_test import COUNTED, calls, reported

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.sandbox.engine import Sandbox
    from app.sandbox.server import SandboxServer
    from tests.robot.robot_under_test import RobotUnderTest

    MakeRobot = Callable[..., RobotUnderTest]

ASKING = {"Status": "2"}  # not the signs of life of a robot that is late, on a machine that is busy


def test_consume_is_not_repeated_blindly(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """A consume whose answer is lost is followed by a heartbeat; the job offered again runs once."""
    robot = make_robot()
    robot.script("job", COUNTED)
    sandbox.queue_job("job")
    sandbox.faults.add(Fault(FaultKind.DROP, path="/api/robot/consumeNextJob", when=When.AFTER, count=1))
    robot.run()
    made = calls(sandbox)
    first = made.index("consumeNextJob 2")
    assert made[first + 1] == "heartbeat 2"
    assert (robot.scripts / "ran.txt").read_text() == "x"
    assert reported(sandbox)[-1] == JobStatus.SUCCESS


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": FaultKind.STATUS, "status": 503},
        {"kind": FaultKind.STATUS, "status": 429},
        {"kind": FaultKind.HTML},
        {"kind": FaultKind.TRUNCATED},
        {"kind": FaultKind.WRONG_TYPES},
        {"kind": FaultKind.DROP},
        {"kind": FaultKind.REDIRECT, "location": "http://127.0.0.1:9/"},
        {"kind": FaultKind.STATUS, "status": 404},
        {"kind": FaultKind.BODY, "body": "{}"},
        {"kind": FaultKind.BODY, "body": '{"HeartbeatErrorCode": 0, "HasNewJob": null}'},
        {"kind": FaultKind.BODY, "body": '{"HeartbeatErrorCode": 55, "ErrorText": "?", "HasNewJob": 0}'},
    ],
    ids=str,
)
def test_a_bad_answer_is_never_taken_for_no_job(make_robot: MakeRobot, sandbox: Sandbox, fault: dict[str, Any]) -> None:
    """Whatever is not plainly "no job" is shown, waited for and asked again; the job is then found."""
    robot = make_robot(when_idle="logoff")
    robot.script("job", "")
    sandbox.queue_job("job")
    sandbox.faults.add(Fault(path="/api/robot/heartbeat", form=ASKING, count=2, **fault))
    robot.run()
    assert reported(sandbox) == [JobStatus.IN_PROGRESS, JobStatus.SUCCESS]
    assert {RobotState.OFFLINE, RobotState.ERROR} & {snapshot.state for snapshot in robot.seen}
    assert robot.session.log_offs == 1


@pytest.mark.parametrize("status", [401, 403])
def test_refusal_ends_the_loop(make_robot: MakeRobot, sandbox: Sandbox, status: int) -> None:
    """401 and 403 need a person."""
    sandbox.faults.add(
        Fault(FaultKind.STATUS, path="/api/robot/heartbeat", form=ASKING, status=status, body="[]", count=1)
    )
    with pytest.raises(RefusedError, match=str(status)):
        make_robot().run()


def test_an_unknown_robot_is_refused_with_the_orchestrators_text(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """Code 101 carries the Orchestrator's own text to the person."""
    body = '{"HeartbeatErrorCode": "101", "ErrorText": "Робот не найден", "HasNewJob": 0}'
    sandbox.faults.add(Fault(FaultKind.BODY, path="/api/robot/heartbeat", form=ASKING, body=body, count=1))
    with pytest.raises(RefusedError, match="Робот не найден"):
        make_robot().run()


def test_giving_up_after_the_offline_limit(make_robot: MakeRobot, server: SandboxServer) -> None:
    """Unreachable for longer than `offline_limit`: the loop ends with that error."""
    robot = make_robot(offline_limit=30)
    server.stop()
    with pytest.raises(OfflineLimitError):
        robot.run()


def test_quitting_while_offline_takes_effect_at_once(make_robot: MakeRobot, server: SandboxServer) -> None:
    """A robot that waits for a dead Orchestrator ends when it is told to."""
    robot = make_robot()
    server.stop()
    robot.start()
    robot.wait_for(lambda snapshot: snapshot.state is RobotState.OFFLINE)
    robot.controls.quit()
    assert robot.result() is ExitReason.TOLD_TO_END
