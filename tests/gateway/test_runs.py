"""A script, its robot and an Orchestrator: what arrives there, in which order, and what is left on the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.orchestrator.vocabulary import JobStatus
from app.robot.controls import ExitReason
from tests.robot.robot_under_test import RobotUnderTest, reported

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.sandbox.engine import Sandbox

WORKER = """
from raw_client import Raw
raw = Raw()
count = 0
while task := raw.api("/api/queue/lastTask/orders", patience=60)["value"]:
    raw.api("/api/task/update", {"guid": task["guid"], "status": 1})
    raw("progress", done=count, text=task["name"])
    raw.api("/api/task/update", {"guid": task["guid"], "status": 2, "comment": f"done {task['name']}"})
    count += 1
raw("result", json=str(count))
"""


def updates(sandbox: Sandbox) -> list[tuple[str, str]]:
    """Every request that changes a task or a job, in the order of arrival: what it is about, and the status."""
    with sandbox.changed:
        return [
            (request.form["guid"], request.form["status"])
            for request in sandbox.requests
            if request.path in {"/api/task/update", "/api/job/update"} and not request.fault
        ]


def test_a_queue_worker(sandbox: Sandbox, make_robot: Callable[..., RobotUnderTest]) -> None:
    """Task after task, each status in order, all before the job's own; with the job's GUID; the result comes last."""
    robot = make_robot(share_credentials=False)
    robot.script("worker", WORKER)
    tasks = [sandbox.add_task("orders", f"order {number}") for number in range(5)]
    job = sandbox.queue_job("worker")
    assert robot.run() is ExitReason.NO_MORE_WORK
    assert reported(sandbox) == [JobStatus.IN_PROGRESS, JobStatus.SUCCESS]
    expected = [(task.guid, status) for task in tasks for status in ("1", "2")]
    assert updates(sandbox) == [(job.guid, "8"), *expected, (job.guid, "4")]
    assert all(
        request.form["job_guid"] == job.guid for request in sandbox.requests if request.path == "/api/task/update"
    )
    assert [entry.message for entry in job.log][-1] == "5"
    notes = robot.journal.scripts.notes(job.guid)
    assert notes
    assert (notes.result, notes.done, notes.progress) == ("5", 4.0, "order 4")
    assert not robot.journal.scripts.listed()
    assert robot.board.snapshot.last
    assert robot.board.snapshot.last.result == "5"
    assert any(snapshot.job and snapshot.job.progress and snapshot.job.progress.done == 3 for snapshot in robot.seen)
