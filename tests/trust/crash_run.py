"""Plays the crash cases: a robot is killed at a call, perhaps once more while it recovers, and started again."""

from __future__ import annotations

import collections
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
from tests.field import judge
from tests.field.requests import FAILED, LOST_AFTER, SUCCESS, answers
from tests.field.server import Orchestrator
from tests.robot.robot_under_test import GUID, RobotUnderTest
from tests.trust.bench import quick_processes
from tests.trust.crash_driver import LIFE, Moment, Point, live

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.field.requests import Request

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

# The calls of one undisturbed life, in order of their first appearance; see `_orchestrator` for what there is to do.
CALLS: Final = {
    "doubt_in_progress": 1,
    "heartbeat 2": 4,
    "consumeNextJob": 3,
    "begin_job": 3,
    "update 8": 3,
    "attempt_failed": 2,
    "laying out of a run": 2,
    "start of the script": 2,
    "process_started": 2,
    "heartbeat 3": 1,
    "finish_job": 2,
    "update 4": 4,
    "delivered": 4,
    "confirmed": 1,
    "refused": 1,
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


def _orchestrator() -> Orchestrator:
    """Two jobs, and the first one's GUID once more; of the reports one fails, one is refused, one leaves doubt."""
    orchestrator = Orchestrator(GUID)
    first, second = (orchestrator.queue("job", guid=guid) for guid in (FIRST, SECOND))
    orchestrator.disturb(LOST_AFTER, status=8, job=first, times=1)
    orchestrator.disturb(answers(503), status=4, job=first, times=1)
    orchestrator.disturb(answers(404, b'{"ErrorText": "no such job"}'), status=8, job=second, times=1)

    def offer_again(_request: Request) -> None:
        if second.over and first.handed_out == 1:
            first.waiting = True

    orchestrator.offers_again = True
    orchestrator.then = offer_again
    return orchestrator


def play(cases: Iterable[CrashCase]) -> Iterator[tuple[CrashCase, list[str]]]:
    """The problems of each case, several cases at a time, in their order."""
    context = quick_processes()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(lambda case: (case, _play(case, context)), cases)


def calls_of_a_life() -> list[str]:
    """The calls that an undisturbed life makes, in order."""
    with tempfile.TemporaryDirectory() as name, _orchestrator() as server:
        folder = Path(name)
        _prepare(folder)
        process = multiprocessing.get_context("spawn").Process(
            target=live, args=(folder, server.url, None, folder / "calls")
        )
        process.start()
        process.join(PATIENCE)
        assert process.exitcode == 0
        notes = (folder / "calls").read_text().splitlines()
        return [line for line in notes if line != LIFE and not line.startswith("done ")]


def counted(calls: Iterable[str]) -> collections.Counter[str]:
    """How often each call of an undisturbed life was made, but for what is a matter of the machine's speed.

    That is how many heartbeats there are, and whether a refused status is sent again before its script has ended.
    """
    made = collections.Counter(calls)
    made["heartbeat 3"] = min(made["heartbeat 3"], 1)
    again = made["update 8"] - CALLS["update 8"]
    assert again in {0, 1}
    made.subtract({"update 8": again, "delivered": again})
    return made


def _prepare(folder: Path) -> None:
    scripts = folder / "scripts"
    scripts.mkdir()
    (scripts / "job.py").write_text(_SCRIPT)


def _play(case: CrashCase, context: multiprocessing.context.BaseContext) -> list[str]:
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as name, _orchestrator() as server:
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
            wrong += _problems(case, server, last)
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


def _problems(case: CrashCase, orchestrator: Orchestrator, robot: RobotUnderTest) -> list[str]:
    orchestrator.wait_for_quiet()
    wrong = [f"told a stranger: {text}" for text in orchestrator.strangers]
    ran_file = robot.scripts / "ran.txt"
    ran = ran_file.read_text().split() if ran_file.exists() else []
    wrong += judge.ran_twice(ran)
    hit = _hit((robot.folder / "calls").read_text().splitlines())
    for job in orchestrator.jobs:
        job.expected = frozenset({FAILED, SUCCESS} if job.guid in hit else {SUCCESS})
        updates = orchestrator.heard("update", job=job)
        wrong += [f"job {job.guid[0]}: {what}" for what in judge.about_job(job, updates, restarts=len(case.points))]
        record = robot.journal.job(job.guid)
        status = record.status if record else None
        if status not in job.finals:
            wrong.append(f"job {job.guid[0]} is {status!r} in the journal, and {job.carried} was carried out")
        if status is JobStatus.SUCCESS and ran.count(job.guid) != 1:
            wrong.append(f"job {job.guid[0]} is Success and ran {ran.count(job.guid)} times")
    if robot.journal.outbox() or robot.journal.interrupted():
        wrong.append("not everything is delivered")
    if robot.paths.runs.is_dir() and list(robot.paths.runs.iterdir()):
        wrong.append("a private folder is left")
    return wrong


def _hit(notes: list[str]) -> set[str]:
    """The jobs that a crash may cost their success: written down as begun and not as ended when a life was over."""
    open_jobs: set[str] = set()
    hit: set[str] = set()
    for line in [*notes, LIFE]:
        if line == LIFE:
            hit |= open_jobs
        elif line.startswith("done begin_job "):
            open_jobs.add(line.split()[-1])
        elif line.startswith("done finish_job "):
            open_jobs.discard(line.split()[-1])
    return hit


def processes_of(folder: Path) -> list[str]:
    """What runs with a path in `folder` on its command line."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):  # Wine answers "invalid parameter" for one that has just gone
            if any(str(folder) in part for part in process.cmdline()[1:]):
                found.append(f"{process.pid} {process.status()}")
    return found
