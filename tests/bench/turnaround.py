"""Turnaround of jobs that do nothing, against starting their script with nothing around it."""

from __future__ import annotations

import subprocess
import time
from statistics import median
from typing import TYPE_CHECKING

from tests.bench.row import Row, milliseconds
from tests.bench.stage import PYTHON, stage, start_naive_loop, succeed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.orchestrator import Orchestrator
    from tests.contract.robot_process import Home

TARGET = 1.0  # times the bare loop; not met, docs/performance.md says why


def measure(*, quick: bool) -> list[Row]:
    """Rounds of the three in turn, so that a busy machine is busy for all of them; the median round counts."""
    rounds, jobs = (2, 20) if quick else (4, 50)
    bare, naive, ours, ratios, naive_ratios = [], [], [], [], []
    with stage() as (orchestrator, home):
        script = home.script("noop", "")
        for _ in range(rounds):
            bare.append(_bare(script, jobs, home))
            naive.append(_naive(orchestrator, home, jobs))
            ours.append(_robot(orchestrator, home, jobs))
            ratios.append(ours[-1] / bare[-1])
            naive_ratios.append(naive[-1] / bare[-1])
    title = f"turnaround of a no-op job ({rounds * jobs} jobs)"
    floor = f"bare subprocess.run loop {milliseconds(median(bare))}"
    return [
        Row(title, floor, milliseconds(median(ours)), median(ratios), TARGET, "x"),
        Row("  the same, naive loop", floor, milliseconds(median(naive)), median(naive_ratios), None, "x"),
    ]


def _bare(script: Path, jobs: int, home: Home) -> float:
    begun = time.perf_counter()
    for _ in range(jobs):
        subprocess.run([PYTHON, str(script)], check=True, env=home.environment)
    return (time.perf_counter() - begun) / jobs


def _robot(orchestrator: Orchestrator, home: Home, jobs: int) -> float:
    _queue(orchestrator, jobs)
    succeed(home.start_robot())
    return _between_heartbeats(orchestrator) / jobs


def _naive(orchestrator: Orchestrator, home: Home, jobs: int) -> float:
    _queue(orchestrator, jobs)
    succeed(start_naive_loop(orchestrator, home))
    return _between_heartbeats(orchestrator) / jobs


def _queue(orchestrator: Orchestrator, jobs: int) -> None:
    orchestrator.requests.clear()
    orchestrator.jobs.clear()
    for _ in range(jobs):
        orchestrator.queue("noop")


def _between_heartbeats(orchestrator: Orchestrator) -> float:
    """Seconds from the first heartbeat Ready to the last: without the program's own start."""
    ready = [request.at for request in orchestrator.requests if str(request) == "heartbeat 2"]
    return ready[-1] - ready[0]
