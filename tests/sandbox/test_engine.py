"""The embedded Orchestrator's rules, without HTTP."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from app.orchestrator.vocabulary import ConsumeCode, HeartbeatCode, JobStatus, NewJob, RobotStatus
from app.sandbox.engine import Heartbeat, Sandbox, SandboxError

from .conftest import OTHER_ROBOT, ROBOT, Clock


class Talk:
    """A robot that talks to the engine and keeps what was complained about."""

    def __init__(self, sandbox: Sandbox, guid: str = ROBOT) -> None:
        self.sandbox = sandbox
        self.guid = guid
        self.complaints: list[str] = []

    def ready(self) -> tuple[HeartbeatCode, NewJob]:
        return self.sandbox.heartbeat(Heartbeat(self.guid, RobotStatus.READY), self.complaints.append)

    def working(self, job) -> HeartbeatCode:
        beat = Heartbeat(self.guid, RobotStatus.WORKING, job.guid, job.name)
        return self.sandbox.heartbeat(beat, self.complaints.append)[0]

    def consume(self):
        return self.sandbox.consume(self.guid, self.complaints.append)

    def report(self, job, *statuses: int) -> None:
        for status in statuses:
            self.sandbox.report(job, JobStatus(status), self.complaints.append)


@pytest.fixture
def talk(sandbox: Sandbox) -> Talk:
    """The robot that the sandbox knows."""
    return Talk(sandbox)


def test_a_job_goes_the_specifications_way(sandbox, talk, clock):
    """Heartbeat, consume, 8, Working, 4: the history holds what was reported, and nothing was wrong."""
    job = sandbox.queue_job("invoices")
    assert talk.ready() == (HeartbeatCode.NO_ERROR, NewJob.JOB_FOUND)
    assert talk.consume() == (ConsumeCode.NO_ERROR, job)
    assert job.status is JobStatus.PENDING
    talk.report(job, 8)
    assert job.status is JobStatus.IN_PROGRESS
    clock.advance(10)
    assert talk.working(job) is HeartbeatCode.NO_ERROR
    talk.report(job, 4)
    assert job.status is JobStatus.SUCCESS
    assert [status for _, status in job.history] == [8, 4]
    assert (job.history[1][0] - job.history[0][0]).total_seconds() == 10
    assert (job.consumed_by, job.times_consumed) == (ROBOT, 1)
    assert talk.ready() == (HeartbeatCode.NO_ERROR, NewJob.NO_JOB)
    assert talk.complaints == []
    assert sandbox.violations == []


def test_jobs_are_handed_out_in_the_order_queued(sandbox, talk):
    """The oldest job on offer comes first."""
    first, second = sandbox.queue_job("a"), sandbox.queue_job("b")
    assert [talk.consume()[1], talk.consume()[1]] == [first, second]


def test_a_job_for_one_robot_is_not_offered_to_another(sandbox, talk):
    """A robot's own job waits for it."""
    sandbox.add_robot(OTHER_ROBOT)
    job = sandbox.queue_job("a", robot_guid=OTHER_ROBOT.upper())
    assert talk.ready()[1] is NewJob.NO_JOB
    assert talk.consume() == (ConsumeCode.NO_JOB_FOUND, None)
    assert Talk(sandbox, OTHER_ROBOT).consume()[1] is job


def test_an_unknown_robot_is_answered_101(sandbox):
    """Heartbeat and consume say 101 to a GUID that was never added."""
    stranger = Talk(sandbox, OTHER_ROBOT)
    assert stranger.ready() == (HeartbeatCode.ROBOT_NOT_FOUND, NewJob.NO_JOB)
    assert stranger.consume() == (ConsumeCode.ROBOT_NOT_FOUND, None)
    assert len(stranger.complaints) == 2


def test_guids_are_compared_without_case(sandbox):
    """A robot that writes its GUID in capitals is the same robot."""
    job = sandbox.queue_job("a")
    loud = Talk(sandbox, ROBOT.upper())
    assert loud.consume()[1] is job
    assert loud.working(job) is HeartbeatCode.NO_ERROR
    assert sandbox.violations == []


def test_a_job_whose_consume_answer_was_lost_is_offered_again(sandbox, talk):
    """Ready again with nothing reported: the same job with the same GUID."""
    job = sandbox.queue_job("a")
    talk.consume()
    assert talk.ready() == (HeartbeatCode.NO_ERROR, NewJob.JOB_FOUND)
    assert talk.consume() == (ConsumeCode.NO_ERROR, job)
    assert job.times_consumed == 2


def test_consuming_twice_without_a_heartbeat_takes_the_next_job(sandbox, talk):
    """A consume that is blindly repeated costs a job, as with the real Orchestrator."""
    first, second = sandbox.queue_job("a"), sandbox.queue_job("b")
    assert talk.consume()[1] is first
    assert talk.consume()[1] is second


def test_a_job_that_was_begun_is_never_offered_again(sandbox, talk):
    """A robot that reported 8 and is Ready again has lost its job, with a remark; its own late report still counts."""
    job = sandbox.queue_job("a")
    talk.consume()
    talk.report(job, 8)
    assert talk.ready()[1] is NewJob.NO_JOB
    assert job.status is JobStatus.FAILED
    assert "unfinished" in talk.complaints[-1]
    talk.report(job, 4)
    assert (job.status, job.reported, sandbox.violations) == (JobStatus.SUCCESS, [8, 4], [])


@pytest.mark.parametrize(
    ("ask", "code", "status", "end"),
    [
        ("stop_job", HeartbeatCode.JOB_STOPPING, JobStatus.STOPPING, 7),
        ("abort_job", HeartbeatCode.JOB_ABORTING, JobStatus.ABORTING, 3),
    ],
)
def test_the_next_working_heartbeat_hears_of_stop_and_abort(sandbox, talk, ask, code, status, end):
    """20 for Stop, 10 for Abort, until the job's final status is reported."""
    job = sandbox.queue_job("a")
    talk.consume()
    talk.report(job, 8)
    getattr(sandbox, ask)(job.guid)
    assert job.status is status
    assert talk.working(job) is code
    talk.report(job, end)
    assert job.status == end
    assert talk.working(job) is HeartbeatCode.NO_ERROR


def test_an_abort_follows_a_stop_and_never_the_other_way(sandbox, talk):
    """Stop, then Abort: the Abort wins; a Stop after it is refused."""
    job = sandbox.queue_job("a")
    talk.consume()
    sandbox.stop_job(job.guid)
    sandbox.abort_job(job.guid)
    assert talk.working(job) is HeartbeatCode.JOB_ABORTING
    with pytest.raises(SandboxError, match="being aborted"):
        sandbox.stop_job(job.guid)


def test_a_late_8_does_not_undo_a_stop(sandbox, talk):
    """A job that is stopped between consume and its report of 8 stays Stopping."""
    job = sandbox.queue_job("a")
    talk.consume()
    sandbox.stop_job(job.guid)
    talk.report(job, 8)
    assert job.status is JobStatus.STOPPING
    assert job.reported == [8]


@pytest.mark.parametrize(("ask", "reached"), [("stop_job", 7), ("abort_job", 3)])
def test_a_job_that_no_robot_holds_ends_at_once(sandbox, talk, ask, reached):
    """Stop or Abort of a waiting job: it is never handed out."""
    job = sandbox.queue_job("a")
    getattr(sandbox, ask)(job.guid)
    assert job.status == reached
    assert talk.ready()[1] is NewJob.NO_JOB
    with pytest.raises(SandboxError, match="finished"):
        sandbox.abort_job(job.guid)


def test_a_stopped_job_that_never_began_is_stopped_when_its_robot_is_ready(sandbox, talk):
    """Consumed, stopped, answer lost, Ready again: it must not be offered any more."""
    job = sandbox.queue_job("a")
    talk.consume()
    sandbox.stop_job(job.guid)
    assert talk.ready()[1] is NewJob.NO_JOB
    assert job.status is JobStatus.STOPPED


def test_an_unknown_job_cannot_be_stopped(sandbox):
    """The error names the GUID."""
    with pytest.raises(SandboxError, match="There is no job nonsense"):
        sandbox.stop_job("nonsense")


@pytest.mark.parametrize("second", [3, 5, 7, 8])
def test_any_other_status_after_a_final_one_is_a_violation(sandbox, talk, second):
    """It is put down in the history and changes nothing."""
    job = sandbox.queue_job("a")
    talk.consume()
    talk.report(job, 8, 4, second)
    assert job.reported == [8, 4, second]
    assert job.status is JobStatus.SUCCESS
    assert len(sandbox.violations) == 1
    assert sandbox.violations == talk.complaints


def test_saying_the_same_status_again_is_no_violation(sandbox, talk):
    """A robot whose report was received but never answered has to repeat it; it is counted apart."""
    job = sandbox.queue_job("a")
    talk.consume()
    talk.report(job, 8, 8, 5, 5, 5)
    assert job.reported == [8, 5]
    assert job.final_reports == [5]
    assert job.repeats == 3
    assert sandbox.violations == []
    assert len(talk.complaints) == 3


def test_a_robot_does_not_report_2_or_6(sandbox, talk):
    """Stopping and Aborting are the Orchestrator's own; the report is remarked on and left out."""
    job = sandbox.queue_job("a")
    talk.consume()
    sandbox.stop_job(job.guid)
    talk.report(job, 8, 6, 7)
    assert job.reported == [8, 7]
    assert len(talk.complaints) == 1


def test_a_heartbeat_for_somebody_elses_job_is_a_violation(sandbox, talk):
    """Working names a job that this robot was never given."""
    job = sandbox.queue_job("a")
    assert talk.working(job) is HeartbeatCode.NO_ERROR
    assert len(sandbox.violations) == 1


@pytest.mark.parametrize(("pause", "remarks"), [(0.5, 1), (1.0, 0), (10, 0)])
def test_heartbeats_within_one_second_are_remarked_on(sandbox, talk, clock: Clock, pause, remarks):
    """The specification advises one heartbeat in ten seconds."""
    job = sandbox.queue_job("a")
    talk.consume()
    talk.working(job)
    clock.advance(pause)
    talk.working(job)
    assert len(talk.complaints) == remarks


def test_a_wrong_job_name_and_a_finished_job_are_remarked_on(sandbox, talk):
    """Neither is a violation: a last heartbeat may cross the final report."""
    job = sandbox.queue_job("a")
    talk.consume()
    talk.report(job, 8, 4)
    beat = Heartbeat(ROBOT, RobotStatus.WORKING, job.guid, "b")
    sandbox.heartbeat(beat, talk.complaints.append)
    assert [("JobName" in text, "finished" in text) for text in talk.complaints] == [(True, False), (False, True)]
    assert sandbox.violations == []


def test_wait_for_returns_as_soon_as_it_holds(sandbox):
    """A change in another thread ends the wait; a limit ends it without one."""
    thread = threading.Timer(0.05, lambda: sandbox.queue_job("a"))
    thread.start()
    begun = time.monotonic()
    assert sandbox.wait_for(lambda box: bool(box.jobs), timeout=5)
    assert time.monotonic() - begun < 2
    thread.join()
    assert not sandbox.wait_for(lambda box: len(box.jobs) > 1, timeout=0.01)


def test_one_job_is_never_handed_to_two_robots(sandbox):
    """Twenty threads that consume at once get every job once."""
    for number in range(100):
        sandbox.queue_job(str(number))
    got: list[str] = []

    def take() -> None:
        talk = Talk(sandbox)
        while (job := talk.consume()[1]) is not None:
            got.append(job.name)

    threads = [threading.Thread(target=take) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got, key=int) == [str(number) for number in range(100)]


def test_the_engine_is_light():
    """Tests and `robot demo` import it without a web server."""
    code = "import sys, app.sandbox.engine; print({'uvicorn', 'starlette', 'jinja2'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
