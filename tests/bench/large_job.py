"""A job that prints ten gigabytes: the robot's memory, its log, and its heartbeats meanwhile."""

from __future__ import annotations

import contextlib
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import psutil

from app.jobs.output import TAIL_BYTES
from app.jobs.runner import LOG_LIMIT
from tests.bench.row import Row
from tests.bench.stage import stage

if TYPE_CHECKING:
    from tests.contract.orchestrator import Orchestrator
    from tests.contract.robot_process import Home

GIGABYTES: Final = 10
MEMORY_TARGET: Final = 20.0  # MB more than while it waits: a buffer of 1 MB, the tail twice, and what Python keeps
SILENCE_TARGET: Final = 2.0  # times `heartbeat_seconds`
LOG_TARGET: Final = (LOG_LIMIT + TAIL_BYTES) / 1e6 + 0.1
HEARTBEAT_SECONDS: Final = 1
_SCRIPT: Final = """
import os
block = (b"2026-11-25 12:00:00 INFO  invoice 1234567 is booked: 123.45 EUR".ljust(99) + b"\\n") * 10_000
for _ in range({megabytes}):
    os.write(1, block)
"""


def measure(*, quick: bool) -> list[Row]:
    """The output is a pipe's, so no disk has to hold it; the log is cut as documented."""
    megabytes = 100 if quick else GIGABYTES * 1000
    with stage(heartbeat_seconds=HEARTBEAT_SECONDS) as (orchestrator, home):
        home.script("talker", _SCRIPT.format(megabytes=megabytes))
        home.script("noop", "import time\ntime.sleep(2)")
        waiting = _run(orchestrator, home, "noop")
        talking = _run(orchestrator, home, "talker")
        log = max(file.stat().st_size for file in home.data.rglob("*.log")) / 1e6
    name = f"a job that prints {megabytes / 1000:g} GB"
    return [
        Row(
            f"{name}: the robot's memory",
            f"while a job sleeps {waiting.memory:.1f} MB",
            f"{talking.memory:.1f} MB, {megabytes / talking.seconds:.0f} MB/s",
            talking.memory - waiting.memory,
            MEMORY_TARGET,
            "MB more",
        ),
        Row(f"{name}: its log", "", f"{log:.2f} MB", log, LOG_TARGET, "MB"),
        Row(
            f"{name}: longest silence",
            f"while a job sleeps {waiting.silence:.1f} s",
            f"{talking.silence:.1f} s",
            talking.silence / HEARTBEAT_SECONDS,
            SILENCE_TARGET,
            "x",
        ),
    ]


class _Seen:
    """Of one life of the robot: its most memory in MB, the longest silence and the job's length in seconds."""

    def __init__(self, memory: float, beats: list[float], seconds: float) -> None:
        self.memory, self.seconds = memory, seconds
        self.silence = max((late - early for early, late in pairwise(beats)), default=0.0)


def _run(orchestrator: Orchestrator, home: Home, script: str) -> _Seen:
    orchestrator.requests.clear()
    orchestrator.jobs.clear()
    job = orchestrator.queue(script)
    robot = home.start_robot()
    watched, peak = psutil.Process(robot.pid), 0
    while robot.poll() is None:
        with contextlib.suppress(psutil.Error):
            peak = max(peak, watched.memory_info().rss)
        time.sleep(0.05)
    robot.communicate()
    if job.final != 4:
        raise RuntimeError(f"{script} ended as {job.final}")
    begun, ended = (
        next(request.at for request in orchestrator.requests if str(request) == f"update {status}") for status in (8, 4)
    )
    beats = [request.at for request in orchestrator.requests if request.path.endswith("heartbeat")]
    return _Seen(peak / 1e6, beats, ended - begun)
