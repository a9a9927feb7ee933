"""Plays cases: scripts in the real robot's hands, jobs from an Orchestrator that shares no code with it.

Judged from outside: the status that the server carried out, the processes that it still found then, and files.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil

from tests.contract.orchestrator import FINAL, Job, Orchestrator
from tests.contract.robot_process import GUID, Home

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.contract.orchestrator import Request

_CODES: Final = {"": (), "stop": (20,), "abort": (20, 10)}
_SIDE_BY_SIDE: Final = 5  # robots
_LONGEST: Final = 240.0  # seconds for a robot with its jobs


@dataclass(frozen=True)
class Case:
    """One script and what must come of it.

    Attributes:
        en, ru: what it does, for the guides.
        source: `READY` in it says that it may be stopped now.
        status: the final one.
        asks: "", "stop", "abort" (a stop first), "kill" (the robot itself, which is then started again).
        files: further ones beside it; one whose name ends with `@` becomes a link that leads there.
        last_line: what people see as the last one; None: whatever it is.
        leaves: names of files that must be there afterwards, `!name`: must not.
        within: seconds that the stop may take; less than the script would sleep.
        job: the job's name; `{}` is the script's folder.
        file: the script's name in its folder.
        settings: more lines for `robot.toml`.
        environment: of the robot. A case with either has a robot of its own.
        says: stands in the job's log.
    """

    en: str
    ru: str
    source: str
    status: int
    asks: str = ""
    files: dict[str, str] = field(default_factory=dict, hash=False)
    last_line: str | None = None
    leaves: tuple[str, ...] = ()
    within: float = 25.0
    job: str = "{}"
    file: str = "main.py"
    settings: str = ""
    environment: dict[str, str] = field(default_factory=dict, hash=False)
    says: str = ""

    def __str__(self) -> str:
        return self.en


READY: Final = 'open("ready", "w").close()'


@dataclass
class Result:
    """What became of a case: its final status, and what was wrong."""

    status: int | None = None
    problems: list[str] = field(default_factory=list)


class _Play:
    """One robot and the cases that it is given."""

    def __init__(self, cases: Sequence[Case], folder: Path) -> None:
        self._home = Home(folder / "home")
        self._cases = cases
        self._jobs: dict[str, tuple[Case, Job]] = {}
        self._folders: dict[str, Path] = {}
        self._asked: dict[str, float] = {}
        self.results = {case.en: Result() for case in cases}

    def run(self) -> None:
        """Run every case and judge it."""
        with Orchestrator(GUID) as orchestrator:
            orchestrator.interfere = self._look
            self._home.settings(orchestrator.url)
            self._home.environment |= self._cases[0].environment
            with self._home.config.open("a", encoding="utf-8") as file:
                file.write(self._cases[0].settings)
            for number, case in enumerate(self._cases):
                self._queue(orchestrator, case, f"case{number}")
            try:
                self._run_robots()
            finally:
                self._home.end()
            for complaint in orchestrator.complaints:
                self.results[self._cases[0].en].problems.append(complaint)
        for case, job in self._jobs.values():
            self._judge(case, job)

    def _queue(self, orchestrator: Orchestrator, case: Case, name: str) -> None:
        folder = self._home.scripts / name
        folder.mkdir()
        for file, text in {case.file: case.source, **case.files}.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            if file.endswith("@"):
                (folder / file[:-1]).symlink_to(text)
                continue
            (folder / file).write_bytes(text.replace("READY", READY).encode("utf-8", "surrogateescape"))
        job = orchestrator.queue(case.job.format(name), asks=_CODES.get(case.asks, ()), when=folder / "ready")
        self._jobs[job.guid] = case, job
        self._folders[job.guid] = folder

    def _run_robots(self) -> None:
        robot = self._home.start_robot()
        for case, job in self._jobs.values():
            if case.asks != "kill":
                continue
            _until((self._folders[job.guid] / "ready").exists)
            robot.kill()
            robot.communicate()
            robot = self._home.start_robot()
        try:
            _, errors = robot.communicate(timeout=_LONGEST)
        except Exception as error:  # noqa: BLE001 - said of each case that is not done
            errors = f"the robot does not end: {type(error).__name__}"
        if robot.poll() != 0 or "Traceback" in errors:
            for case in self._cases:
                self.results[case.en].problems.append(f"the robot: exit code {robot.poll()} {errors[-2000:]}")

    def _look(self, request: Request) -> None:
        """At every request, before it is carried out."""
        form = request.form
        if form.get("JobGUID") in self._jobs:
            case, job = self._jobs[form["JobGUID"]]
            if case.asks in ("stop", "abort") and (self._folders[job.guid] / "ready").exists():
                self._asked.setdefault(job.guid, time.monotonic())
        if request.path.endswith("/update") and int(form["status"]) in FINAL:
            case, job = self._jobs[form["guid"]]
            result = self.results[case.en]
            if job.guid in self._asked and (took := time.monotonic() - self._asked[job.guid]) > case.within:
                result.problems.append(f"took {took:.1f} s")
            if left := _working_in(self._folders[job.guid]):
                result.problems.append(f"left running: {left}")

    def _judge(self, case: Case, job: Job) -> None:
        result = self.results[case.en]
        result.status = job.final
        if job.final != case.status:
            result.problems.append(f"statuses {job.updates}; log: {self._log_of(job)[-1500:]}")
        if case.asks in ("stop", "abort") and job.guid not in self._asked:
            result.problems.append("ended before it could be stopped")
        for name in case.leaves:
            if (self._folders[job.guid] / name.lstrip("!")).exists() == name.startswith("!"):
                result.problems.append(f"file {name}; log: {self._log_of(job)[-1500:]}")
        if left := _working_in(self._folders[job.guid]):
            result.problems.append(f"left running in the end: {left}")
        if case.says not in self._log_of(job):
            result.problems.append(f"log: {self._log_of(job)[-1500:]}")
        if case.last_line is not None:
            line = self._last_line_of(job)
            if line != case.last_line:
                result.problems.append(f"last line {line!r}")

    def _last_line_of(self, job: Job) -> str | None:
        """What stands in the history."""
        with contextlib.closing(sqlite3.connect(self._home.data / "journal.sqlite3")) as journal:
            row = journal.execute("SELECT last_line FROM jobs WHERE guid = ?", (job.guid,)).fetchone()
        return str(row[0]) if row else None

    def _log_of(self, job: Job) -> str:
        logs = [each for each in (self._home.data / "logs" / "jobs").rglob("*.log") if job.guid[:8] in each.name]
        return "".join(each.read_text("utf-8", "replace") for each in logs)


def play(cases: Sequence[Case]) -> dict[str, Result]:
    """Play all of them, with several robots side by side; a case in which the robot dies has one for itself."""
    alone = [[case] for case in cases if case.asks == "kill" or case.settings or case.environment]
    others = [case for case in cases if [case] not in alone]
    plays = [others[number::_SIDE_BY_SIDE] for number in range(_SIDE_BY_SIDE)] + alone
    results: dict[str, Result] = {}
    lock = threading.Lock()

    def one(some: Sequence[Case]) -> None:
        folder = Path(tempfile.mkdtemp(prefix="cases-"))
        try:
            stage = _Play(some, folder)
            stage.run()
            with lock:
                results.update(stage.results)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        list(pool.map(one, [some for some in plays if some]))
    return results


def _working_in(folder: Path) -> list[str]:
    """The processes whose working directory is `folder`: those of its script, whatever they have done to get away."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline())[:200])
        except psutil.Error:
            continue
    return found


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.02)
