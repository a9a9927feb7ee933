"""A script, its robot and an Orchestrator: what arrives there, in which order, and what is left on the disk."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.base.redaction import Redactor
from app.orchestrator.client import client_factory
from app.orchestrator.vocabulary import JobStatus
from app.robot.controls import ExitReason
from app.robot.log_shipping import LogShipper
from app.sandbox.faults import Fault, FaultKind
from app.tray.texts import status_line
from tests.robot.robot_under_test import GUID, RobotUnderTest, reported

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


TELLS = """
from raw_client import Raw
raw = Raw()
for status in (1, 2):
    raw.api("/api/task/update", {"guid": TASK, "status": status})
"""


def tells(robot: RobotUnderTest, guid: str) -> None:
    """Put down a script that tells of one task."""
    robot.script("tells", f"TASK = {guid!r}\n{TELLS}")


def test_the_final_status_waits_ten_seconds_for_changes_that_fail_alone(
    sandbox: Sandbox, make_robot: Callable[..., RobotUnderTest]
) -> None:
    """A server that takes no task statuses but everything else: after ten seconds the job's end is told without."""
    robot = make_robot()
    task = sandbox.add_task("orders", "first")
    tells(robot, task.guid)
    fault = sandbox.faults.add(Fault(FaultKind.STATUS, path="/api/task/update", status=500, count=None))
    job = sandbox.queue_job("tells")
    robot.start()
    with sandbox.changed:
        assert sandbox.changed.wait_for(lambda: job.is_final, 20)
        failed = next(request.time for request in sandbox.requests if request.path == "/api/task/update")
        told = next(request.time for request in sandbox.requests if request.form.get("status") == "4")
    assert (told - failed).total_seconds() >= 0.09  # of a clock that runs a hundred times as fast
    assert robot.board.snapshot.undelivered
    sandbox.faults.remove(fault.id)
    assert robot.result() is ExitReason.NO_MORE_WORK
    assert updates(sandbox) == [(job.guid, "8"), (job.guid, "4"), (task.guid, "1"), (task.guid, "2")]


def test_a_robot_that_is_told_to_end_waits_for_one_attempt(
    sandbox: Sandbox, make_robot: Callable[..., RobotUnderTest]
) -> None:
    """What can't be delivered then stays in the journal; the job's end is told."""
    robot = make_robot(when_idle="wait")
    task = sandbox.add_task("orders", "first")
    tells(robot, task.guid)
    sandbox.faults.add(Fault(FaultKind.STATUS, path="/api/task/update", status=500, count=None))
    job = sandbox.queue_job("tells")
    robot.start()
    robot.wait_for(lambda snapshot: snapshot.last is not None and snapshot.job is None)
    robot.controls.quit()
    assert robot.result() is ExitReason.TOLD_TO_END
    assert job.is_final
    assert len(robot.journal.scripts.listed()) == 2


def test_nobody_logs_off_before_they_are_delivered(sandbox: Sandbox, make_robot: Callable[..., RobotUnderTest]) -> None:
    """The job's end is told, no job waits, but a change does: the robot stays until it is through."""
    robot = make_robot(when_idle="logoff")
    task = sandbox.add_task("orders", "first")
    tells(robot, task.guid)
    fault = sandbox.faults.add(Fault(FaultKind.STATUS, path="/api/task/update", status=500, count=None))
    job = sandbox.queue_job("tells")
    robot.start()
    with sandbox.changed:
        assert sandbox.changed.wait_for(lambda: job.is_final, 20)
        before = len(sandbox.requests)
        asked = "/api/robot/heartbeat"
        assert sandbox.changed.wait_for(
            lambda: sum(request.path == asked for request in list(sandbox.requests)[before:]) >= 2, 20
        )
    assert not robot.session.log_offs
    sandbox.faults.remove(fault.id)
    assert robot.result() is ExitReason.NO_MORE_WORK
    assert robot.session.log_offs == 1
    assert (task.status, robot.journal.scripts.listed()) == (2, [])


def test_another_job_does_not_wait_for_them(sandbox: Sandbox, make_robot: Callable[..., RobotUnderTest]) -> None:
    """While one run's task statuses fail, the next job begins, tells of its own thing, and ends."""
    robot = make_robot()
    stuck = sandbox.add_task("orders", "stuck")
    tells(robot, stuck.guid)
    asset = sandbox.add_asset("counter", "0")
    robot.script(
        "other", f"from raw_client import Raw\nRaw().api('/api/asset/update', dict(guid={asset.guid!r}, text=7))\n"
    )
    fault = sandbox.faults.add(Fault(FaultKind.STATUS, path="/api/task/update", status=500, count=None))
    first, second = sandbox.queue_job("tells"), sandbox.queue_job("other")
    robot.start()
    with sandbox.changed:
        assert sandbox.changed.wait_for(lambda: second.is_final, 20)
    assert first.is_final
    assert asset.text == "7"
    assert stuck.status == 0
    sandbox.faults.remove(fault.id)
    assert robot.result() is ExitReason.NO_MORE_WORK
    assert stuck.status == 2


def test_messages_go_together(sandbox: Sandbox, make_robot: Callable[..., RobotUnderTest]) -> None:
    """A hundred lines of a chatty script are a few requests, in order, and the levels stay apart."""
    robot = make_robot()
    robot.script(
        "chatty",
        "from raw_client import Raw\nraw = Raw()\n"
        "for number in range(100): raw('log', level='Error' if number == 50 else 'Info', text=f'line {number}')\n",
    )
    job = sandbox.queue_job("chatty")
    assert robot.run() is ExitReason.NO_MORE_WORK
    assert "\n".join(entry.message for entry in job.log).split("\n") == [f"line {number}" for number in range(100)]
    assert [entry.message for entry in job.log if entry.level == "Error"] == ["line 50"]
    assert len(job.log) < 30


def test_a_result_is_a_message_by_itself(sandbox: Sandbox, make_robot: Callable[..., RobotUnderTest]) -> None:
    """However much a script says just before its end, a program can read the run's last message."""
    robot = make_robot()
    robot.script(
        "chatty",
        "from raw_client import Raw\nraw = Raw()\n"
        "for number in range(20): raw('log', level='Info', text=f'line {number}')\n"
        "raw('result', json='{\"sum\": 5}')\n",
    )
    fault = sandbox.faults.add(Fault(FaultKind.STATUS, path="/api/log/create", status=500))
    job = sandbox.queue_job("chatty")
    robot.start()
    robot.wait_for(lambda snapshot: snapshot.last is not None)  # all that it said waits, side by side
    sandbox.faults.remove(fault.id)
    assert robot.result() is ExitReason.NO_MORE_WORK
    assert "line 19" in job.log[-2].message
    assert job.log[-1].message == '{"sum": 5}'


def test_a_job_that_is_aborted_leaves_its_tasks_told(
    sandbox: Sandbox, make_robot: Callable[..., RobotUnderTest]
) -> None:
    """What the script had said before it was killed arrives, then Aborted."""
    robot = make_robot()
    task = sandbox.add_task("orders", "first")
    tells(robot, task.guid)
    with (robot.scripts / "tells.py").open("a") as script:
        script.write("print('told', flush=True)\nimport time\nwhile True: time.sleep(60)\n")
    job = sandbox.queue_job("tells")
    robot.start()
    robot.wait_for_line("told")
    robot.controls.abort_job()
    assert robot.result() is ExitReason.NO_MORE_WORK
    assert updates(sandbox)[-1] == (job.guid, "3")
    assert task.status == 2


def test_processes_of_the_script_may_ask_as_well(sandbox: Sandbox, make_robot: Callable[..., RobotUnderTest]) -> None:
    """Its children inherit the variable; several connections at once are fine."""
    robot = make_robot()
    robot.script(
        "parent",
        "import subprocess, sys\n"
        "code = \"from raw_client import Raw; Raw()('log', level='Info', text='from a child')\"\n"
        "children = [subprocess.Popen([sys.executable, '-c', code]) for _ in range(5)]\n"
        "assert [child.wait() for child in children] == [0] * 5\n",
    )
    job = sandbox.queue_job("parent")
    assert robot.run() is ExitReason.NO_MORE_WORK
    assert reported(sandbox)[-1] is JobStatus.SUCCESS
    assert "\n".join(entry.message for entry in job.log).count("from a child") == 5


def test_a_run_that_asks_nothing_opens_nothing(sandbox: Sandbox, make_robot: Callable[..., RobotUnderTest]) -> None:
    """No session, no thread of a connection, nothing in the journal, nothing on the disk."""
    robot = make_robot()
    robot.script("quiet", "import os\nassert os.environ['ROBOT_GATEWAY'].startswith('unix:')\n")
    job = sandbox.queue_job("quiet")
    assert robot.run() is ExitReason.NO_MORE_WORK
    assert reported(sandbox)[-1] is JobStatus.SUCCESS
    assert robot.journal.scripts.notes(job.guid) is None
    assert not robot.paths.evidence.exists()
    assert not list(robot.paths.runs.iterdir())


def test_the_result_comes_last_also_with_send_logs(sandbox: Sandbox, make_robot: Callable[..., RobotUnderTest]) -> None:
    """Behind the script's output and the robot's own last word."""
    robot = make_robot(send_logs=True)
    robot.script("gives", "from raw_client import Raw\nprint('hello')\nRaw()('result', json='\"17 invoices\"')\n")
    job = sandbox.queue_job("gives")
    with LogShipper(client_factory(robot.settings), GUID, robot.board, Redactor(GUID)):
        assert robot.run() is ExitReason.NO_MORE_WORK
    messages = [entry.message for entry in job.log]
    assert messages[-1] == "17 invoices"
    assert any("hello" in message for message in messages)


@pytest.mark.parametrize("kind", ["file", "screen"])
def test_evidence(sandbox: Sandbox, make_robot: Callable[..., RobotUnderTest], kind: str) -> None:
    """Kept beside the journal under the job's GUID, for its owner alone; the journal knows the names."""
    robot = make_robot()
    call = {"file": "raw('attach', path=__file__)", "screen": "raw('screenshot', name='../start')"}[kind]
    robot.script("keeps", f"from raw_client import Raw\nraw = Raw()\nanswer = {call}\nprint('kept', answer['value'])\n")
    job = sandbox.queue_job("keeps")
    assert robot.run() is ExitReason.NO_MORE_WORK
    assert reported(sandbox)[-1] is JobStatus.SUCCESS
    notes = robot.journal.scripts.notes(job.guid)
    folder = robot.paths.evidence / job.guid
    if kind == "file":
        assert notes
        assert notes.evidence == ("keeps.py",)
        assert (folder / "keeps.py").read_text() == (robot.scripts / "keeps.py").read_text()
        assert folder.stat().st_mode & 0o777 == 0o700
    else:
        assert robot.board.snapshot.last
        kept = [] if notes is None else list(notes.evidence)
        assert kept in ([], ["start.png"])  # without a screen there is no picture, and no error


def test_progress_is_shown_to_people_and_programs(sandbox: Sandbox, make_robot: Callable[..., RobotUnderTest]) -> None:
    """The tray's line has the numbers."""
    robot = make_robot()
    robot.script(
        "counts",
        "from raw_client import Raw\nRaw()('progress', done=3, total=8, text='invoices')\n"
        "print('said', flush=True)\nimport time\nwhile True: time.sleep(60)\n",
    )
    sandbox.queue_job("counts")
    robot.start()
    robot.wait_for_line("said")
    assert "3/8" in status_line(robot.board.snapshot, robot.clock.now())
    robot.controls.abort_job()
    assert robot.result() is ExitReason.NO_MORE_WORK


def test_many_runs_leave_nothing_behind(sandbox: Sandbox, make_robot: Callable[..., RobotUnderTest]) -> None:
    """Threads, files and folders after thirty runs that asked are as many as after one."""
    robot = make_robot(when_idle="wait", poll_seconds=0.1)
    asks = "Raw().api('/api/queue/lastTask/empty')\nRaw()('progress', done=1)\n"
    robot.script("asks", f"from raw_client import Raw\n{asks}")

    def run(times: int) -> tuple[int, int, list[str]]:
        jobs = [sandbox.queue_job("asks") for _ in range(times)]
        with sandbox.changed:
            assert sandbox.changed.wait_for(lambda: all(job.is_final for job in jobs), 60)
        robot.wait_for(lambda snapshot: snapshot.job is None)
        names = sorted(thread.name for thread in threading.enumerate() if thread.name != "robot-heartbeats")
        # The interpreter that waits for the next job has its note there.
        folders = [path for path in robot.paths.runs.iterdir() if path.name != ".spare"]
        return len(folders), len(list(Path("/proc/self/fd").iterdir())), names

    robot.start()
    run(2)
    before, after = run(1), run(30)
    assert after[0] == 0
    assert after[1] <= before[1] + 3
    assert len(after[2]) <= len(before[2]) + 1
    robot.controls.quit()
    assert robot.result() is ExitReason.TOLD_TO_END
