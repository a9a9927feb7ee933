"""Plays the crash cases: a robot is killed at a call, perhaps once more while it recovers, and started again."""

from __future__ import annotations

import contextlib
import multiprocessing
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil

from app.orchestrator.vocabulary import JobStatus
from app.sandbox.engine import Sandbox
from app.sandbox.faults import Fault, FaultKind
from app.sandbox.server import SandboxServer
from tests.robot.robot_under_test import GUID, RobotUnderTest
from tests.trust.crash_driver import Moment, Point, live

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PATIENCE: Final = 30.0
AT_ONCE: Final = 2 if sys.platform == "win32" else 4
STARTS: Final = 3  # Wine sometimes can't make a process ("Internal error") when it makes several at once
FIRST, SECOND = "11111111-0000-4000-8000-000000000001", "22222222-0000-4000-8000-000000000002"
# Notes that it runs, then goes on long enough for a heartbeat.
_SCRIPT: Final = """
import os, pathlib, time
with open(pathlib.Path(__file__).with_name("ran.txt"), "a") as file:
    file.write(os.environ["ROBOT_JOB_GUID"] + "\\n")
time.sleep(0.25)
"""

# The calls of one undisturbed life, in order of their first appearance; see `_sandbox` for what there is to do.
CALLS: Final = {
    "heartbeat 2": 4,
    "consumeNextJob": 3,
    "begin_job": 2,
    "update 8": 2,
    "start of the script": 2,
    "process_started": 2,
    "heartbeat 3": 1,
    "finish_job": 2,
    "update 4": 4,
    "attempt_failed": 1,
    "refused": 1,
    "delivered": 4,
    "report_again": 1,
}
# Those of the life after a robot that was killed while the first script ran.
RECOVERY: Final = ("finish_job", "update 5", "delivered", "heartbeat 2", "consumeNextJob", "begin_job")


@dataclass(frozen=True)
class CrashCase:
    """Where the robot dies, life by life."""

    points: tuple[Point, ...]

    def __str__(self) -> str:
        return ", then ".join(map(str, self.points))


WHILE_RUNNING: Final = Point("process_started", 1, Moment.AFTER)
CASES: Final = (
    *(
        CrashCase((Point(call, number, moment),))
        for call, count in CALLS.items()
        for number in range(1, count + 1)
        for moment in Moment
    ),
    *(CrashCase((WHILE_RUNNING, Point(call, 1, moment))) for call in RECOVERY for moment in Moment),
)


def _sandbox() -> Sandbox:
    """Two jobs, and the first one's GUID once more; one report fails at first, one is refused for good."""
    sandbox = Sandbox()
    sandbox.add_robot(GUID)
    jobs = [sandbox.queue_job("job", guid=guid) for guid in (FIRST, SECOND)]

    def offer_again() -> None:
        if len(sandbox.jobs) == len(jobs) and jobs[-1].is_final:
            sandbox.queue_job("job", guid=FIRST)

    sandbox.subscribe(offer_again)
    update = {"path": "/api/job/update"}
    sandbox.faults.add(Fault(FaultKind.STATUS, form={"guid": FIRST, "status": "4"}, status=503, **update))
    sandbox.faults.add(Fault(FaultKind.STATUS, form={"guid": SECOND, "status": "8"}, status=404, body="[]", **update))
    return sandbox


def play(cases: Iterable[CrashCase]) -> Iterator[tuple[CrashCase, list[str]]]:
    """The problems of each case, several cases at a time, in their order."""
    # A server that forks has the imports done; under Windows each life begins with them.
    context = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")
    if sys.platform != "win32":
        context.set_forkserver_preload(["tests.trust.crash_driver"])
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(lambda case: (case, _play(case, context)), cases)


def calls_of_a_life() -> list[str]:
    """The calls that an undisturbed life makes, in order."""
    with tempfile.TemporaryDirectory() as name, SandboxServer(_sandbox()) as server:
        folder = Path(name)
        _prepare(folder)
        process = multiprocessing.get_context("spawn").Process(
            target=live, args=(folder, server.url, None, folder / "calls")
        )
        process.start()
        process.join(PATIENCE)
        assert process.exitcode == 0
        return (folder / "calls").read_text().splitlines()


def _prepare(folder: Path) -> None:
    scripts = folder / "scripts"
    scripts.mkdir()
    (scripts / "job.py").write_text(_SCRIPT)


def _play(case: CrashCase, context: multiprocessing.context.BaseContext) -> list[str]:
    wrong: list[str] = []
    sandbox = _sandbox()
    with tempfile.TemporaryDirectory() as name, SandboxServer(sandbox) as server:
        folder = Path(name)
        _prepare(folder)
        for point in case.points:
            process = context.Process(target=live, args=(folder, server.url, point, folder / "calls"))
            _start(process)
            process.join(PATIENCE)
            if process.exitcode in {0, 1, None}:
                wrong.append(f"the robot never came to {point} (exit code {process.exitcode})")
        last = RobotUnderTest(folder, server.url)
        try:
            last.run()
            wrong += _problems(case, sandbox, last)
        except Exception as error:  # noqa: BLE001 - one case must not hide the others
            wrong.append(f"{type(error).__name__}: {error}")
        finally:
            last.end()
        wrong += [f"left running: {process}" for process in processes_of(folder)]
    return wrong


def _start(process: multiprocessing.process.BaseProcess) -> None:
    for _attempt in range(STARTS - 1):
        with contextlib.suppress(OSError):
            process.start()
            return
    process.start()


def _problems(case: CrashCase, sandbox: Sandbox, robot: RobotUnderTest) -> list[str]:
    wrong = [f"violation: {text}" for text in sandbox.violations]
    for index, job in enumerate(sandbox.jobs):
        if len(job.final_reports) != 1:
            wrong.append(f"job {index + 1} has the final statuses {job.final_reports}")
    ran_file = robot.scripts / "ran.txt"
    ran = ran_file.read_text().split() if ran_file.exists() else []
    record = {guid: robot.journal.job(guid) for guid in (FIRST, SECOND)}
    for guid in (FIRST, SECOND):
        if ran.count(guid) > 1:
            wrong.append(f"job {guid[0]} ran {ran.count(guid)} times")
        status = record[guid].status if record[guid] else None
        allowed = {JobStatus.FAILED, JobStatus.SUCCESS} if guid in _hit(case) else {JobStatus.SUCCESS}
        if status not in allowed:
            wrong.append(f"job {guid[0]} is {status!r}")
        if status is JobStatus.SUCCESS and ran.count(guid) != 1:
            wrong.append(f"job {guid[0]} is Success and ran {ran.count(guid)} times")
    if sandbox.jobs[0].final_reports != sandbox.jobs[2].final_reports:
        wrong.append("the job that was offered twice has two outcomes")
    if robot.journal.outbox() or robot.journal.interrupted():
        wrong.append("not everything is delivered")
    if robot.paths.runs.is_dir() and list(robot.paths.runs.iterdir()):
        wrong.append("a private folder is left")
    return wrong


# While one of these is under way, a job is written down as begun and not as ended: it can't be known how it went.
_BEGUN: Final = frozenset({"update 8", "start of the script", "process_started", "heartbeat 3"})


def _hit(case: CrashCase) -> set[str]:
    """The jobs that the crashes may cost their success: those that were begun and not finished."""
    point, later = case.points[0], case.points[1:]
    hit = {SECOND for again in later if (again.call, again.moment) == ("begin_job", Moment.AFTER)}
    begun = point.call in _BEGUN
    begun |= (point.call, point.moment) in {("begin_job", Moment.AFTER), ("finish_job", Moment.BEFORE)}
    begun |= point.call == "delivered"  # which may be that of "In progress"
    if begun:
        hit.add(FIRST if point.number == 1 else SECOND)
    if point.call == "refused":  # of the second job's "In progress"
        hit.add(SECOND)
    return hit


def processes_of(folder: Path) -> list[str]:
    """What runs with a path in `folder` on its command line."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):  # Wine answers "invalid parameter" for one that has just gone
            if any(str(folder) in part for part in process.cmdline()[1:]):
                found.append(f"{process.pid} {process.status()}")
    return found
