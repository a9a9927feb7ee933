"""The loop of the specification, step by step, against the sandbox."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from app.base.clock import Clock
from app.orchestrator.vocabulary import JobStatus
from app.robot.controls import ExitReason
from app.robot.state import RobotState
from app.sandbox.faults import Fault, FaultKind
from tests.robot.robot_under_test import COUNTED, FOREVER, GUID, HurriedClock, calls, eventually, reported

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.sandbox.engine import Sandbox
    from app.sandbox.server import SandboxServer
    from tests.robot.robot_under_test import RobotUnderTest

    MakeRobot = Callable[..., RobotUnderTest]


def test_a_job_goes_through_the_steps_in_order(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """Heartbeat Ready, consume, update 8, script, update 4, heartbeat Ready: nothing more, nothing less."""
    robot = make_robot(clock=Clock())
    robot.script("hello", "print('hi')")
    sandbox.queue_job("hello")

    assert robot.run() is ExitReason.NO_MORE_WORK

    assert calls(sandbox) == ["heartbeat 2", "consumeNextJob 2", "update 8", "update 4", "heartbeat 2"]
    assert reported(sandbox) == [JobStatus.IN_PROGRESS, JobStatus.SUCCESS]
    assert [complaint for request in sandbox.requests for complaint in request.complaints] == []
    assert not sandbox.violations


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ("raise SystemExit(0)", JobStatus.SUCCESS),
        ("raise SystemExit(3)", JobStatus.FAILED),
        ("1 / 0", JobStatus.FAILED),
        ("def broken(:", JobStatus.FAILED),
    ],
)
def test_the_scripts_end_decides_the_status(
    make_robot: MakeRobot, sandbox: Sandbox, script: str, status: JobStatus
) -> None:
    """Exit code 0 is Success; any other code and every unhandled exception is Failed."""
    robot = make_robot()
    robot.script("job", script)
    sandbox.queue_job("job")
    robot.run()
    assert reported(sandbox)[-1] == status


@pytest.mark.parametrize("name", ["nowhere", "../outside", "C:\\Windows\\evil", ""])
def test_a_script_that_cannot_be_started_fails_its_job(make_robot: MakeRobot, sandbox: Sandbox, name: str) -> None:
    """A name without a script, or one that leads out of the folder, is Failed, and the robot goes on."""
    robot = make_robot()
    robot.script("good", "")
    sandbox.queue_job(name or " ")
    sandbox.queue_job("good")
    robot.run()
    assert reported(sandbox, 0)[-1] == JobStatus.FAILED
    assert reported(sandbox, 1)[-1] == JobStatus.SUCCESS


def test_stop_lets_the_script_wind_up(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """Code 20 interrupts a sleeping script; ended by that, the job is Stopped."""
    robot = make_robot(heartbeat_seconds=10)
    robot.script("job", FOREVER)
    job = sandbox.queue_job("job")
    robot.start()
    robot.wait_for_line("begun")
    sandbox.stop_job(job.guid)
    robot.result()
    assert reported(sandbox) == [JobStatus.IN_PROGRESS, JobStatus.STOPPED]
    assert RobotState.STOPPING in [snapshot.state for snapshot in robot.seen]


def test_abort_wins_over_stop(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """A script that resists the stop is aborted by code 10."""
    robot = make_robot(heartbeat_seconds=10)
    robot.script(
        "job",
        "import time\nprint('begun', flush=True)\n"
        "while True:\n try: time.sleep(60)\n except KeyboardInterrupt: print('no', flush=True)\n",
    )
    job = sandbox.queue_job("job")
    robot.start()
    robot.wait_for_line("begun")
    sandbox.stop_job(job.guid)
    robot.wait_for_line("no")
    sandbox.abort_job(job.guid)
    robot.result()
    assert reported(sandbox)[-1] == JobStatus.ABORTED


def test_heartbeats_name_the_running_job(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """While a job runs, heartbeats say Working with its GUID and its script's name."""
    robot = make_robot(heartbeat_seconds=10)
    robot.script("job", FOREVER)
    job = sandbox.queue_job("job")
    robot.start()
    assert sandbox.wait_for(lambda s: any(r.form.get("Status") == "3" for r in s.requests), 10)
    working = next(r for r in sandbox.requests if r.form.get("Status") == "3")
    assert (working.form["JobGUID"], working.form["JobName"], working.form["JobType"]) == (job.guid, "job", "1")
    robot.controls.abort_job()
    robot.result()


def test_a_person_stops_the_job_like_the_orchestrator(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """Stop from the tray is reported as Stopped, Force stop as Aborted."""
    robot = make_robot()
    robot.script("job", FOREVER)
    sandbox.queue_job("job")
    sandbox.queue_job("job")
    robot.start()
    robot.wait_for_line("begun")
    robot.controls.stop_job()
    robot.wait_for(lambda s: s.job is not None and s.job.guid == sandbox.jobs[1].guid)
    robot.wait_for_line("begun")
    robot.controls.abort_job()
    robot.result()
    assert reported(sandbox, 0)[-1] == JobStatus.STOPPED
    assert reported(sandbox, 1)[-1] == JobStatus.ABORTED


def test_quitting_aborts_and_reports_the_job(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """Quit while a job runs: killed, journaled, reported as Aborted, at once."""
    robot = make_robot()
    robot.script("job", FOREVER)
    sandbox.queue_job("job")
    robot.start()
    robot.wait_for_line("begun")
    robot.controls.quit()
    assert robot.result() is ExitReason.TOLD_TO_END
    assert reported(sandbox)[-1] == JobStatus.ABORTED


def test_quitting_before_the_script_starts_runs_nothing(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """A job that was just taken when the robot is told to end is reported as Aborted, and its script never runs."""
    robot = make_robot()
    robot.script("job", COUNTED)
    sandbox.queue_job("job")
    sandbox.subscribe(lambda: robot.controls.quit() if sandbox.jobs[0].consumed_at else None)
    assert robot.run() is ExitReason.TOLD_TO_END
    assert reported(sandbox)[-1] == JobStatus.ABORTED
    assert not (robot.scripts / "ran.txt").exists()


def test_the_end_of_the_windows_session_is_written_down_first(
    make_robot: MakeRobot, sandbox: Sandbox, server: SandboxServer
) -> None:
    """Even if nothing can be sent any more, the journal knows that the job was aborted."""
    robot = make_robot(request_timeout=0.2)
    robot.script("job", FOREVER)
    job = sandbox.queue_job("job")
    robot.start()
    robot.wait_for_line("begun")
    eventually(lambda: (begun := robot.journal.job(job.guid)) and begun.pid)  # the loop has it in hand
    server.stop()
    robot.controls.end_of_session()
    record = robot.journal.job(job.guid)
    assert record is not None
    assert record.status == JobStatus.ABORTED
    robot.result()
    assert [row.status for row in robot.journal.outbox()] == [JobStatus.ABORTED]


def test_announced_but_absent_job_does_not_spin(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """HasNewJob=1 followed by code 102 is answered with growing waits, not with a flood of requests."""
    robot = make_robot()
    robot.script("job", "")
    sandbox.queue_job("job")
    sandbox.faults.add(Fault(FaultKind.NO_JOB, path="/api/robot/consumeNextJob", count=4))
    asked: list[float] = []

    def look() -> None:
        if sum(call.startswith("consume") for call in calls(sandbox)) > len(asked):
            asked.append(robot.clock.monotonic())

    sandbox.subscribe(look)
    robot.run()
    assert reported(sandbox)[-1] == JobStatus.SUCCESS
    waits = [later - earlier for earlier, later in itertools.pairwise(asked)]
    assert len(waits) == 4
    assert waits[3] >= 4


@pytest.mark.parametrize("call", ["heartbeat", "consumeNextJob"])
def test_a_server_that_wants_peace_hears_the_robot_all_the_same(
    make_robot: MakeRobot, sandbox: Sandbox, call: str
) -> None:
    """Its coordinator ends the session of a robot that isn't heard: Retry-After isn't for heartbeats."""
    robot = make_robot()
    robot.script("job", "")
    sandbox.queue_job("job")
    sandbox.faults.add(Fault(FaultKind.STATUS, path=f"/api/robot/{call}", status=503, retry_after=40, count=1))
    robot.run()
    assert reported(sandbox)[-1] == JobStatus.SUCCESS
    # How long it wanted to wait at once; how long it took is the machine's business. A heartbeat follows each wait.
    assert max(robot.clock.waits_of_the_loop) <= 14
    until_taken = calls(sandbox)[: calls(sandbox).index("update 8")]
    first = until_taken.index("consumeNextJob 2") if call == "consumeNextJob" else 0
    assert until_taken[first + 1].startswith("heartbeat"), until_taken


def test_no_script_runs_before_its_job_is_in_progress(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """While the server takes its time for status 8, the script isn't looked at: what lies there afterwards runs."""
    robot = make_robot(clock=HurriedClock(times=5), request_timeout=30)
    robot.script("job", "raise SystemExit(1)")
    sandbox.queue_job("job")
    sandbox.faults.add(Fault(FaultKind.DELAY, path="/api/job/update", form={"status": "8"}, seconds=2.0, count=1))
    robot.start()
    assert eventually(lambda: list(robot.paths.runs.glob("*/settings.txt")))
    robot.script("job", "")
    robot.result()
    assert reported(sandbox) == [JobStatus.IN_PROGRESS, JobStatus.SUCCESS]


def test_an_outcome_waits_for_the_orchestrator(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """While the final status can't be delivered, no new heartbeat says Ready; then exactly one final status arrives."""
    robot = make_robot(clock=HurriedClock(times=5))
    robot.script("job", "")
    sandbox.queue_job("job")
    sandbox.faults.add(Fault(FaultKind.STATUS, path="/api/job/update", status=500, form={"status": "4"}, count=2))
    robot.run()
    made = [call for call in calls(sandbox) if call != "heartbeat 3"]
    assert made[2:] == ["update 8", "update 4", "update 4", "update 4", "heartbeat 2"]
    assert reported(sandbox) == [JobStatus.IN_PROGRESS, JobStatus.SUCCESS]


def test_a_page_in_place_of_an_answer_does_not_lose_the_outcome(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """200 with a proxy's HTML is not the Orchestrator's 2xx."""
    robot = make_robot()
    robot.script("job", "")
    sandbox.queue_job("job")
    sandbox.faults.add(Fault(FaultKind.HTML, path="/api/job/update", form={"status": "4"}, count=1))
    robot.run()
    assert reported(sandbox)[-1] == JobStatus.SUCCESS


def test_a_refused_status_waits_and_holds_nothing_up(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """404 for one status is kept visibly, to be tried again, and blocks neither the next job nor the end."""
    robot = make_robot(clock=HurriedClock(times=5))
    robot.script("job", "")
    sandbox.queue_job("job")
    sandbox.queue_job("job")
    refusal = Fault(FaultKind.STATUS, path="/api/job/update", status=404, body="[]", form={"status": "4"}, count=1)
    sandbox.faults.add(refusal)
    robot.run()
    letters = robot.journal.outbox()
    assert [(row.job_guid, row.status) for row in letters] == [(sandbox.jobs[0].guid, JobStatus.SUCCESS)]
    assert "404" in letters[0].last_error
    assert reported(sandbox, 1)[-1] == JobStatus.SUCCESS


def test_a_job_offered_twice_runs_once(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """A job whose every status was refused is offered again; it isn't run again, its outcome is reported again."""
    robot = make_robot()
    robot.script("job", COUNTED)
    sandbox.queue_job("job")
    sandbox.faults.add(Fault(FaultKind.STATUS, path="/api/job/update", status=404, body="[]", count=2))
    robot.run()
    assert (robot.scripts / "ran.txt").read_text() == "x"
    assert reported(sandbox) == [JobStatus.SUCCESS]


def test_a_stop_for_no_job_is_ignored(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """Codes 10 and 20 to a robot that runs nothing change nothing."""
    for code in (10, 20):
        body = f'{{"HeartbeatErrorCode": {code}, "ErrorText": "", "HasNewJob": 1}}'
        sandbox.faults.add(Fault(FaultKind.BODY, path="/api/robot/heartbeat", body=body, count=1))
    robot = make_robot()
    robot.script("job", "")
    sandbox.queue_job("job")
    robot.run()
    assert reported(sandbox)[-1] == JobStatus.SUCCESS


def test_paused_takes_nothing_and_resumed_goes_on(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """A paused robot says Disconnected, takes no job, and takes it after Resume."""
    robot = make_robot(when_idle="wait")
    robot.script("job", "")
    robot.start()
    robot.controls.pause()
    assert sandbox.wait_for(lambda s: any(r.form.get("Status") == "0" for r in s.requests), 10)
    sandbox.queue_job("job")
    before = len(sandbox.requests)
    assert sandbox.wait_for(lambda s: len(s.requests) > before + 3, 10)
    assert sandbox.jobs[0].consumed_at is None
    robot.controls.resume()
    robot.wait_for(lambda snapshot: snapshot.last is not None)


def test_finish_ends_after_the_running_job(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """An upgrade waits for the job; the next one stays with the Orchestrator."""
    robot = make_robot()
    robot.script("job", "import time\nprint('begun', flush=True)\ntime.sleep(0.5)")
    sandbox.queue_job("job")
    sandbox.queue_job("job")
    robot.start()
    robot.wait_for_line("begun")
    robot.controls.finish()
    assert robot.result() is ExitReason.TOLD_TO_END
    assert reported(sandbox, 0)[-1] == JobStatus.SUCCESS
    assert sandbox.jobs[1].consumed_at is None


def test_windows_stays_awake_only_while_a_job_runs(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """Neither sleep nor screen-off during a job; both allowed again afterwards."""
    robot = make_robot()
    robot.script("job", FOREVER)
    sandbox.queue_job("job")
    robot.start()
    robot.wait_for_line("begun")
    assert robot.session.awake == 1
    robot.controls.abort_job()
    robot.result()
    assert robot.session.awake == 0


def test_what_a_dead_robot_left_is_reported_first(make_robot: MakeRobot, sandbox: Sandbox) -> None:
    """An interrupted job is Failed and delivered before the first heartbeat."""
    from datetime import UTC, datetime

    robot = make_robot(clock=Clock())
    job = sandbox.queue_job("job")
    sandbox.consume(GUID, complain=lambda _text: None)
    robot.journal.begin_job(job.guid, "job", "", "mark", datetime.now(UTC), robot.folder / "x.log", robot.origin)
    robot.run()
    assert calls(sandbox)[0] == "update 5"
    assert reported(sandbox) == [JobStatus.FAILED]
