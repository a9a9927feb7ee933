"""One test for each defect that the suites of this folder have found."""

from __future__ import annotations

import itertools
import stat
import threading
from typing import TYPE_CHECKING

import pytest

from app.base.clock import Clock
from app.base.errors import OfflineLimitError
from app.orchestrator.client import OrchestratorClient
from app.orchestrator.connections import ConnectionSettings
from app.orchestrator.errors import UnreachableError, UnreadableReplyError
from app.orchestrator.identity import Identity, authorization
from app.orchestrator.messages import read_consume, read_heartbeat
from app.orchestrator.vocabulary import JobOrder, JobStatus
from app.robot.controls import ExitReason
from app.robot.heartbeats import WorkingHeartbeats
from app.sandbox.faults import Fault, FaultKind
from app.system.data_lock import DataLock
from tests.orchestrator.wire import WireServer, once
from tests.orchestrator.wire import answer as http_answer
from tests.robot.robot_under_test import GUID, RobotUnderTest, calls

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.sandbox.engine import Sandbox

    MakeRobot = Callable[..., RobotUnderTest]


def test_a_job_that_cannot_be_consumed_is_asked_for_ever_less_often(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """Heartbeats that are answered well don't set the waits between failing consumes back to one second."""
    sandbox.queue_job("job")
    sandbox.faults.add(Fault(FaultKind.STATUS, path="/api/robot/consumeNextJob", status=500, count=6))
    robot = make_robot()
    robot.script("job", "")
    robot.run()
    made = [call for call in calls(sandbox) if call != "heartbeat 0"]  # as it says while it can't ask yet
    between = [len(list(group)) for kind, group in itertools.groupby(made) if kind == "heartbeat 2"]
    assert max(between) >= 2, "and it is heard all the while"
    assert between.index(max(between)) >= 4


def test_a_job_that_cannot_be_consumed_counts_as_offline(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """`offline_limit` also ends a robot whose heartbeats alone are answered."""
    sandbox.queue_job("job")
    sandbox.faults.add(Fault(FaultKind.STATUS, path="/api/robot/consumeNextJob", status=500, count=None))
    with pytest.raises(OfflineLimitError):
        make_robot(offline_limit=5).run()


def test_a_report_whose_answer_breaks_off_is_not_delivered() -> None:
    """Half an answer may stand for half the work; saying a status twice does no harm, losing it does."""
    with WireServer(once(http_answer(b"[", length=2))) as server:
        client = OrchestratorClient(Identity(GUID, "TESTBOX"), ConnectionSettings(server.url, authorization(GUID), 3))
        with pytest.raises(UnreachableError, match="incomplete"):
            client.update_job("j", JobStatus.SUCCESS)
        client.close()


class LateClock(Clock):
    """Every other wait ends nine seconds late, as on a machine that sleeps; nobody really waits."""

    def __init__(self) -> None:
        self.time = 0.0
        self.late = itertools.cycle([9, 0])

    def monotonic(self) -> float:
        return self.time

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.time += max(0.0, seconds) + next(self.late)
        return event.is_set()


def test_a_late_heartbeat_is_not_followed_too_early() -> None:
    """Between two heartbeats lie at least `heartbeat_seconds`, also when the first of them was late."""
    clock, beats, enough = LateClock(), [], threading.Event()

    class Client:
        def heartbeat(self, *_: object) -> None:
            beats.append(clock.time)
            if len(beats) >= 5:
                heartbeats._ended = True
                enough.set()

        def cancel(self) -> None: ...
        def close(self) -> None: ...

    heartbeats = WorkingHeartbeats(
        Client(), JobOrder("g", "n"), 10, clock, on_reply=lambda _: None, on_failure=lambda _: None
    )
    heartbeats.start()
    assert enough.wait(5)
    heartbeats.stop()
    assert all(later - earlier >= 10 for earlier, later in itertools.pairwise(beats))


def test_who_is_told_to_end_does_not_log_off(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """Quit that arrives together with the answer "no job" ends the program and leaves the session alone."""
    robot = make_robot(when_idle="logoff")
    sandbox.subscribe(lambda: robot.controls.quit() if len(sandbox.requests) == 1 else None)
    robot.robot._client.cancel = lambda: None  # the answer arrives all the same
    assert robot.run() is ExitReason.TOLD_TO_END
    assert robot.session.log_offs == 0


def test_a_stop_that_says_nothing_of_jobs_is_not_no_job(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """Code 20 without HasNewJob, when no job runs, is asked again: the robot must not log off on it."""
    sandbox.queue_job("job")
    body = '{"HeartbeatErrorCode": 20, "ErrorText": ""}'
    sandbox.faults.add(Fault(FaultKind.BODY, path="/api/robot/heartbeat", body=body))
    robot = make_robot(when_idle="logoff")
    robot.script("job", "")
    robot.run()
    assert sandbox.jobs[0].final_reports == [JobStatus.SUCCESS]
    assert robot.session.log_offs == 1


def test_a_script_name_forges_no_line_of_the_log(
    make_robot: MakeRobot, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """What an Orchestrator sends stands in the log on one line, with its control characters spelled out."""
    caplog.set_level("INFO")
    sandbox.queue_job("a\n2026-11-24 INFO Reported job\x1b[2J")
    make_robot().run()
    assert sandbox.jobs[0].final_reports == [JobStatus.FAILED]
    assert [record.getMessage() for record in caplog.records if "a\\n2026" in record.getMessage()]
    assert not any(c in record.getMessage() for record in caplog.records for c in "\n\x1b")


def test_a_servers_text_is_one_short_line() -> None:
    """An ErrorText with line breaks and escape sequences is made plain; a GUID with them is none."""
    told = read_heartbeat({"HeartbeatErrorCode": 55, "ErrorText": "a\n\x1b[2J\u202eb" + "x" * 5000, "HasNewJob": 0})
    assert told.error_text.startswith("a [2J bxxx")
    assert len(told.error_text) == 500
    with pytest.raises(UnreadableReplyError, match="GUID"):
        read_consume({"ConsumeJobErrorCode": 0, "Job": {"GUID": "a\nb"}})


@pytest.mark.skipif("sys.platform == 'win32'", reason="a Windows profile is its user's anyway")
def test_a_new_data_folder_is_its_users_alone(tmp_path: Path) -> None:
    """What scripts print may be anybody's business data: other users of the machine can't look into the folder."""
    folder = tmp_path / "data"
    with DataLock(folder / "robot.lock"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
