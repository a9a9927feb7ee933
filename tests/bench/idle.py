"""What the robot costs while it waits for work, headless, with `when_idle = "wait"` and the default pace."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import psutil

from tests.bench.row import Row
from tests.bench.stage import stage, start_naive_loop

if TYPE_CHECKING:
    import subprocess

    from tests.contract.orchestrator import Orchestrator

TARGET_MEGABYTES = 35
TARGET_SECONDS = 0.1  # of CPU a minute
POLL_SECONDS = 10
SETTLE_SECONDS = 2
_CPUCLOCK_SCHED = 2


def measure(*, quick: bool) -> list[Row]:
    """The robot and the naive loop side by side; CPU time is scaled from the time watched to a minute."""
    watched = 10 if quick else 30
    with stage(when_idle="wait", poll_seconds=POLL_SECONDS) as (orchestrator, home):
        naive = start_naive_loop(orchestrator, home, POLL_SECONDS)
        robot = home.start_robot()
        try:
            _wait_for_first_heartbeats(orchestrator)
            both: tuple[subprocess.Popen[Any], ...] = (naive, robot)
            before = [cpu_seconds(process.pid) for process in both]
            time.sleep(watched)
            naive_cpu, our_cpu = (
                (cpu_seconds(process.pid) - then) * 60 / watched for process, then in zip(both, before, strict=True)
            )
            naive_memory, our_memory = (psutil.Process(process.pid).memory_info().rss / 2**20 for process in both)
        finally:
            naive.kill()
            naive.wait()
            robot.terminate()
            robot.communicate()
    return [
        Row(
            "idle: memory resident",
            f"naive loop {naive_memory:.1f} MB",
            f"{our_memory:.1f} MB",
            our_memory,
            TARGET_MEGABYTES,
            "MB",
        ),
        Row(
            f"idle: CPU a minute (scaled from {watched} s)",
            f"naive loop {naive_cpu:.3f} s",
            f"{our_cpu:.3f} s",
            our_cpu,
            TARGET_SECONDS,
            "s",
        ),
    ]


def _wait_for_first_heartbeats(orchestrator: Orchestrator) -> None:
    orchestrator.wait_for(lambda: len(orchestrator.requests) >= 2)
    time.sleep(SETTLE_SECONDS)


def cpu_seconds(pid: int) -> float:
    """CPU time of a process and of all threads that it had: by its clock, else in hundredths of a second.

    https://man7.org/linux/man-pages/man3/clock_getcpuclockid.3.html: that clock's number, as the C library makes it.
    """
    if sys.platform == "linux":
        return time.clock_gettime((~pid << 3) | _CPUCLOCK_SCHED)
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system
