"""What the page is told: which jobs of a crowd, why one failed, and letters instead of escapes."""

from __future__ import annotations

from app.orchestrator.vocabulary import JobStatus
from app.sandbox.snapshot import JOBS_SHOWN, reason, shown_jobs, snapshot

from .conftest import ROBOT


def quiet(_complaint: str) -> None:
    """Nobody listens."""


def end(sandbox, name: str, status: int):
    """A job that has ended."""
    job = sandbox.queue_job(name)
    sandbox.consume(ROBOT, quiet)
    sandbox.report(job, JobStatus.IN_PROGRESS, quiet)
    sandbox.report(job, JobStatus(status), quiet)
    return job


def test_what_runs_is_always_shown_and_so_is_what_has_ended(sandbox):
    """The running job first, then the newest others; a crowd that waits leaves half of the room to the ended."""
    ended = [end(sandbox, f"ended {number}", 4) for number in range(70)]
    running = sandbox.queue_job("runs")
    sandbox.consume(ROBOT, quiet)
    sandbox.report(running, JobStatus.IN_PROGRESS, quiet)
    waiting = [sandbox.queue_job(f"waits {number}") for number in range(300)]
    shown = shown_jobs(sandbox.jobs)
    assert len(shown) == JOBS_SHOWN
    assert shown[0] is running
    assert shown[1:51] == waiting[:-51:-1]
    assert shown[51:] == ended[:-50:-1]
    state = snapshot(sandbox)
    assert (state["jobs_total"], state["jobs_running"], state["jobs_waiting"]) == (371, 1, 300)


def test_a_crowd_alone_takes_all_the_room(sandbox):
    """Nothing is kept free for what isn't there."""
    waiting = [sandbox.queue_job(str(number)) for number in range(150)]
    assert shown_jobs(sandbox.jobs) == waiting[:-101:-1]


def test_the_reason_is_the_last_error(sandbox):
    """The exception and the robot's own words, each once; nothing for a job that ended well."""
    job = end(sandbox, "a", 5)
    sandbox.add_log(job, "Error", "Traceback\n  …\nValueError: no such account")
    sandbox.add_log(job, "Info", "bye")
    assert reason(job) == "ValueError: no such account"
    sandbox.add_log(job, "Error", "The script ended with exit code 1.\n")
    assert reason(job) == "ValueError: no such account · The script ended with exit code 1."
    sandbox.add_log(job, "Error", "Exit code 1: The script ended with exit code 1.")
    assert reason(job) == "Exit code 1: The script ended with exit code 1."
    good = end(sandbox, "b", 4)
    sandbox.add_log(good, "Error", "not that bad")
    assert reason(good) == ""


def test_replies_and_parameters_are_shown_in_letters(sandbox, robot):
    """Though they are sent with escapes."""
    robot.call("POST", "/api/task/create", {"queue_guid": "q", "name": "n", "parameters": '{"a": "\\u041d"}'})
    reply = robot.call("GET", "/api/task/filter/list/Счета")
    assert "\\u" in reply.text
    state = snapshot(sandbox)
    assert "Счета" in state["requests"][0]["path"]
    assert "\\u" not in state["requests"][0]["reply"]
    assert state["tasks"][0]["parameters"] == '{"a": "Н"}'
