"""Fifty jobs in a row leave no thread, handle, temporary file or process behind."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from app.jobs.child import stem
from app.jobs.child.spare import ARGUMENT
from tests.contract.orchestrator import SUCCESS
from tests.contract.robot_process import finish, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.orchestrator import Interference, Orchestrator, Request
    from tests.contract.robot_process import Home

FEW, MANY = 5, 50
SCRIPT = """
import os, subprocess, sys, tempfile
print("a line of output")
if int(os.environ["ROBOT_JOB_NAME"][-1]) % 3 == 0:
    subprocess.Popen(["sleep", "60"], start_new_session=True)
"""
LARGEST_GROWTH = 3 * 1024 * 1024  # bytes resident; a leaked thread's or job's worth each would be far more


@dataclass(frozen=True)
class Holdings:
    """What a robot holds between two jobs."""

    threads: int
    handles: int
    processes: list[str]
    files: list[str]


def holdings(process: psutil.Process, robot: Home) -> Holdings:
    """Look at a robot that waits for the answer to its heartbeat Ready, and has put its status down.

    It has started an interpreter ahead by then, which is no process that a job has left.
    """
    wait_until(lambda: any(map(_is_spare, process.children())) and _is_put_down(_holdings(process, robot)))
    return _holdings(process, robot)


def _is_put_down(found: Holdings) -> bool:
    return any(file.endswith("status.json") for file in found.files) and not any(".tmp" in file for file in found.files)


def _is_spare(child: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool({ARGUMENT, stem.ARGUMENT} & {*child.cmdline()}) and child.status() == psutil.STATUS_SLEEPING
    return False


def _holdings(process: psutil.Process, robot: Home) -> Holdings:

    def kept(file: Path) -> bool:
        # The jobs' own logs are meant to stay; `.spare` is there as long as an interpreter waits.
        return file.is_file() and "jobs" not in file.parts and file.name != ".spare"

    return Holdings(
        threads=process.num_threads(),
        handles=process.num_fds(),
        processes=[child.name() for child in process.children(recursive=True) if not _is_spare(child)],
        files=sorted(
            str(file) for folder in (robot.data, robot.folder / "tmp") for file in folder.rglob("*") if kept(file)
        ),
    )


def test_fifty_jobs_leave_nothing(robot: Home, orchestrator: Orchestrator) -> None:
    """Threads, handles, processes and files after 50 jobs are those after 5; the memory has not grown noticeably."""
    for digit in range(10):
        robot.script(f"job{digit}", SCRIPT)
    for number in range(MANY):
        orchestrator.queue(f"job{number % 10}", task='{"guid": "t", "parameters": "[1]"}')
    seen: dict[int, tuple[Holdings, int]] = {}
    process = robot.start_robot()
    watched = psutil.Process(process.pid)

    def look(request: Request) -> Interference:
        done = sum(job.final is not None for job in orchestrator.jobs)
        if str(request) == "heartbeat 2" and done in {FEW, MANY}:
            seen[done] = holdings(watched, robot), watched.memory_info().rss
        return None

    orchestrator.interfere = look
    assert finish(process).code == 0
    assert [job.final for job in orchestrator.jobs] == [SUCCESS] * MANY
    (after_few, memory_then), (after_many, memory_now) = seen[FEW], seen[MANY]
    assert after_many == after_few
    assert after_many.processes == []
    assert not [
        file for file in after_many.files if "/runs/" in file or "/tmp/" in file.removeprefix(str(robot.folder))
    ]
    assert memory_now - memory_then < LARGEST_GROWTH
    assert robot.processes() == []
