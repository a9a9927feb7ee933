"""What a robot costs after a million jobs, beside one that has run none: `python build/dev.py bench growth`.

Both robots live side by side and take turns, so that a busy machine is busy for both. What is measured of a program
that ends (`check`, `status`) is its whole life; of the robot, the time to its first heartbeat and what a job takes.
"""

from __future__ import annotations

import contextlib
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

import psutil

from app.base.paths import DataPaths
from app.history.overview import overview
from app.history.page import MAX_ROWS
from app.journal.reading import JournalReader
from tests.bench import large_job, long_history, slow_share
from tests.bench.row import Row, milliseconds
from tests.bench.sections import replace_section
from tests.bench.stage import PATIENCE, PYTHON, stage, succeed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.orchestrator import Orchestrator
    from tests.contract.robot_process import Home

TARGET: Final = 1.2  # times an empty one
RUNS: Final = 1_000_000
SCRIPTS: Final = 1_000
ROOT: Final = Path(__file__).parents[2]


def measure(*, quick: bool) -> list[Row]:
    """Everything; with `quick` smaller and in fewer rounds."""
    runs, rounds, jobs = (20_000, 2, 5) if quick else (RUNS, 9, 20)
    rows = _against_empty(runs, rounds, jobs) + _many_scripts(20 if quick else SCRIPTS, rounds)
    return rows + large_job.measure(quick=quick) + slow_share.measure(quick=quick)


def _against_empty(runs: int, rounds: int, jobs: int) -> list[Row]:
    with contextlib.ExitStack() as stack:
        empty, full, listed = _Robot(stack), _Robot(stack), _Robot(stack)
        for robot in (empty, full, listed):
            robot.home.script("noop", "")
            robot.live(0)  # makes the data folder and the journal
        long_history.fill(full.journal, runs)
        long_history.fill(listed.journal, MAX_ROWS, long_history.DAYS * MAX_ROWS / runs)  # the newest of those runs
        begun = time.process_time()
        for robot in (full, listed):
            long_history.sum_up(robot.journal)
        summed = (time.process_time() - begun) / (runs + MAX_ROWS)
        name = f"after {runs:,} jobs"
        rows = [
            _ratio(f"start to first heartbeat, {name}", rounds, empty.start, full.start),
            _ratio(f"the same after a SIGKILL, {name}", max(2, rounds // 3), empty.start_anew, full.start_anew, None),
            _ratio(f"a job that does nothing, {name}", rounds, lambda: empty.live(jobs), lambda: full.live(jobs)),
            _ratio(f"robot check, {name}", rounds, lambda: empty.ask("check"), lambda: full.ask("check")),
            _ratio(f"robot status, {name}", rounds, lambda: empty.ask("status"), lambda: full.ask("status")),
        ]
        return [
            *rows,
            Row(
                "summing an old history up, beside the work",
                "",
                f"{summed * 1e6:.1f} µs of CPU a job",
                summed * 1e6,
                None,
                "µs",
            ),
            *_pages(name, max(2, rounds // 3), empty, listed, full),
        ]


def _pages(name: str, rounds: int, empty: _Robot, listed: _Robot, full: _Robot) -> list[Row]:
    """The page, in a process of its own, beside one of as many runs as it lists; what its sums cost the robot's own."""
    seen = [tuple(_watched(robot.page()) for robot in (empty, listed, full)) for _ in range(rounds + 1)][1:]
    [(nothing, _), (least, small), (most, large)] = [
        [median(values) for values in zip(*robot, strict=True)] for robot in zip(*seen, strict=True)
    ]
    few, many = (median(_cpu_of_sums(robot.journal) for _ in range(rounds)) for robot in (listed, full))
    beside = f"of {MAX_ROWS:,}, as many as it lists,"
    return [
        Row(
            f"page of history, {name}",
            f"{beside} {least:.2f} s (of none {nothing:.2f} s)",
            f"{most:.2f} s",
            most / least,
            TARGET,
            "x",
        ),
        Row(f"memory for it, {name}", f"{beside} {small:.0f} MB", f"{large:.0f} MB", large / small, TARGET, "x"),
        Row(
            f"its sums in the robot's process, {name}",
            f"{beside} {few * 1000:.0f} ms of CPU",
            f"{many * 1000:.0f} ms",
            (many - few) * 1000,
            None,
            "ms more",
        ),
    ]


def _cpu_of_sums(journal: Path) -> float:
    begun = time.process_time()
    with JournalReader(journal) as reader:
        overview(reader, now=datetime.now(UTC))
    return time.process_time() - begun


class _Robot:
    """One robot and its Orchestrator."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self.orchestrator: Orchestrator
        self.home: Home
        self.orchestrator, self.home = stack.enter_context(stage())

    @property
    def journal(self) -> Path:
        return DataPaths(self.home.data).journal

    def page(self) -> list[str]:
        return self.command("history", "--output", str(self.home.folder / "page.html"))

    def start(self) -> float:
        """Seconds from the start to the first heartbeat."""
        self.orchestrator.requests.clear()
        begun = time.monotonic()
        succeed(self.home.start_robot())
        return self.orchestrator.requests[0].at - begun

    def start_anew(self) -> float:
        """The same when the robot before was killed: its journal was left open and is looked through."""
        self.orchestrator.requests.clear()
        self.orchestrator.jobs.clear()
        self.home.script("long", "import time\ntime.sleep(60)")
        self.orchestrator.queue("long")
        robot = self.home.start_robot()
        self.orchestrator.wait_for(lambda: "update 8" in self.orchestrator.calls(), PATIENCE)
        robot.kill()
        robot.communicate()
        return self.start()

    def live(self, jobs: int) -> float:
        """Seconds a job, from the first heartbeat Ready to the last."""
        self.orchestrator.requests.clear()
        self.orchestrator.jobs.clear()
        for _ in range(jobs):
            self.orchestrator.queue("noop")
        succeed(self.home.start_robot())
        ready = [request.at for request in self.orchestrator.requests if str(request) == "heartbeat 2"]
        return (ready[-1] - ready[0]) / max(1, jobs)

    def command(self, *arguments: str) -> list[str]:
        return [PYTHON, "-m", "app", *arguments, "--config", str(self.home.config)]

    def ask(self, *arguments: str) -> float:
        """Seconds that a command takes; what it says doesn't matter here (`status`: none runs)."""
        begun = time.monotonic()
        with subprocess.Popen(
            self.command(*arguments), cwd=ROOT, env=self.home.environment, stdout=subprocess.DEVNULL
        ) as process:
            process.wait(PATIENCE)
        return time.monotonic() - begun


def _many_scripts(count: int, rounds: int) -> list[Row]:
    with contextlib.ExitStack() as stack:
        one, many = _Robot(stack), _Robot(stack)
        for robot, scripts in ((one, 1), (many, count)):
            robot.home.script("noop", "")
            for number in range(scripts - 1):
                robot.home.script(f"folder {number % 10}/script {number}", "print('nothing')")
            robot.live(1)
        name = f"{count:,} scripts in the folder"
        return [
            _ratio(f"a job that does nothing, {name}", rounds, lambda: one.live(10), lambda: many.live(10)),
            _ratio(f"robot check, {name}", rounds, lambda: one.ask("check"), lambda: many.ask("check"), None),
        ]


def _ratio(
    title: str, rounds: int, floor: Callable[[], float], ours: Callable[[], float], target: float | None = TARGET
) -> Row:
    """In turn; the medians are compared, and the first pair warms the caches."""
    pairs = [(floor(), ours()) for _ in range(rounds + 1)][1:]
    least, most = (median(values) for values in zip(*pairs, strict=True))
    return Row(title, f"of none {milliseconds(least)}", milliseconds(most), most / least, target, "x")


def _watched(command: list[str]) -> tuple[float, float]:
    """Seconds, and the most memory (MB) that was in use at any look."""
    begun, peak = time.monotonic(), 0
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            with contextlib.suppress(psutil.Error):
                peak = max(peak, watched.memory_info().rss)
            time.sleep(0.005)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return time.monotonic() - begun, peak / 1e6


def write(rows: list[Row], about: str) -> None:
    """Put the table into `docs/performance.md`."""
    lines = [about, "", "| | beside it | the robot | compared | target |", "|---|---|---|---|---|"]
    for row in rows:
        target = "" if row.target is None else f"≤ {row.target:g} {row.unit}" + ("" if row.met else ": **not met**")
        lines.append(f"| {row.measure} | {row.floor} | {row.ours} | {row.value:.2f} {row.unit} | {target} |")
    replace_section(ROOT / "docs" / "performance.md", "growth", "\n".join(lines))
