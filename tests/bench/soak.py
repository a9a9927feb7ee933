"""Thousands of jobs with random faults: `python -m tests.bench.soak [--jobs 5000] [--plot docs/images/soak.svg]`.

The robot is the program itself in a process of its own. Every job is accounted for; threads, file descriptors and
memory must not grow; the disk grows by the jobs' logs and rows of history alone.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil

from app.orchestrator.vocabulary import JobStatus
from app.sandbox.engine import Sandbox
from app.sandbox.faults import Fault, FaultKind, When
from app.sandbox.server import SandboxServer

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT: Final = Path(__file__).parents[2]
GUID: Final = "da8bc2f0-8065-4385-b867-405e66b8e151"
AHEAD: Final = 20  # jobs in the queue at a time
FAULTY: Final = 0.03  # so many jobs are queued together with a fault
SAMPLES: Final = 200
STALLED: Final = 180.0  # seconds without a finished job
DISK_PER_JOB: Final = 6000  # bytes: a log of a page, and rows
_SCRIPTS: Final = {"good": ("pass", JobStatus.SUCCESS), "bad": ("raise SystemExit(3)", JobStatus.FAILED)}
_PATHS: Final = ("/api/robot/heartbeat", "/api/robot/consumeNextJob", "/api/job/update")
_KINDS: Final = (
    {"kind": FaultKind.DROP},
    {"kind": FaultKind.DROP, "when": When.AFTER},
    {"kind": FaultKind.RESET},
    {"kind": FaultKind.RESET, "when": When.AFTER},
    {"kind": FaultKind.STATUS, "status": 500},
    {"kind": FaultKind.STATUS, "status": 502, "when": When.AFTER},
    {"kind": FaultKind.STATUS, "status": 429, "retry_after": 1},
    {"kind": FaultKind.HTML},
    {"kind": FaultKind.REDIRECT},
    {"kind": FaultKind.GZIP_BOMB},
    {"kind": FaultKind.DELAY, "when": When.AFTER, "seconds": 1.5},
)


@dataclass(frozen=True)
class Sample:
    """The robot's process after so many jobs; memory in MiB, disk in KiB."""

    jobs: int
    threads: int
    files: int
    memory: float
    disk: float


@dataclass(frozen=True)
class Soak:
    """What came of it."""

    jobs: int
    faults: int
    seconds: float
    samples: Sequence[Sample]
    problems: Sequence[str]


def soak(count: int, seed: int = 1) -> Soak:
    """Run `count` jobs.

    Raises:
        RuntimeError: the robot ended, or nothing went on any more.
    """
    rng = random.Random(seed)
    sandbox = Sandbox()
    sandbox.add_robot(GUID)
    with tempfile.TemporaryDirectory(prefix="robot-soak-") as name, SandboxServer(sandbox) as server:
        folder = Path(name)
        (folder / "scripts").mkdir()
        for script, (text, _status) in _SCRIPTS.items():
            (folder / "scripts" / f"{script}.py").write_text(text)
        (folder / "robot.toml").write_text(
            f"host = '{server.url}'\nrobot_guid = '{GUID}'\nwhen_idle = 'wait'\npoll_seconds = 0.1\n"
            "data_dir = 'data'\nrequest_timeout = 0.5\n"
        )
        begun = time.monotonic()
        command = [sys.executable, "-m", "app", "run", "--headless", "--config", str(folder / "robot.toml")]
        with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
            try:
                samples = _feed(sandbox, process, folder / "data", count, rng)
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(30)
        faults = sum(bool(fault) for fault in (request.fault for request in sandbox.requests))
        return Soak(count, faults, time.monotonic() - begun, samples, [*_account(sandbox), *_growth(samples)])


def _feed(
    sandbox: Sandbox, process: subprocess.Popen[bytes], data: Path, count: int, rng: random.Random
) -> list[Sample]:
    samples: list[Sample] = []
    robot = psutil.Process(process.pid)
    done, every = 0, max(1, count // SAMPLES)
    while done < count:
        while len(sandbox.jobs) < min(count, done + AHEAD):
            sandbox.queue_job("good" if rng.random() < 0.9 else "bad")
            if rng.random() < FAULTY:
                sandbox.faults.add(Fault(path=rng.choice(_PATHS), **rng.choice(_KINDS)))
        before = done
        moved = sandbox.wait_for(lambda s, n=before: s.jobs[n].is_final, STALLED)
        if not moved or process.poll() is not None:
            raise RuntimeError(f"after {done} jobs: exit code {process.poll()}, last {sandbox.jobs[done]}")
        while done < len(sandbox.jobs) and sandbox.jobs[done].is_final:
            done += 1
        if not samples or done >= samples[-1].jobs + every or done == count:
            samples.append(
                Sample(done, robot.num_threads(), robot.num_fds(), robot.memory_info().rss / 2**20, _size(data))
            )
    return samples


def _size(folder: Path) -> float:
    """Without the write-ahead log, which comes and goes with up to 4 MiB."""
    return sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if not file.name.endswith("-wal")) / 1024


def _account(sandbox: Sandbox) -> list[str]:
    wrong = list(sandbox.violations)
    return wrong + [
        f"job {job.guid} has the final statuses {job.final_reports}"
        for job in sandbox.jobs
        if job.final_reports != [_SCRIPTS[job.name][1]]
    ]


def _growth(samples: Sequence[Sample]) -> list[str]:
    """Compared are the highest of the second fifth, when all is warm, and of the last fifth."""
    fifth = max(1, len(samples) // 5)
    early, late = samples[fifth : 2 * fifth] or samples[:1], samples[-fifth:]
    wrong = []
    for name, allowed in (("threads", 1), ("files", 2), ("memory", 4.0)):
        before = max(getattr(sample, name) for sample in early)
        after = max(getattr(sample, name) for sample in late)
        if after > before + allowed:
            wrong.append(f"{name} grew from {before:g} to {after:g}")
    jobs = samples[-1].jobs - samples[0].jobs
    if jobs and (grown := (samples[-1].disk - samples[0].disk) * 1024 / jobs) > DISK_PER_JOB:
        wrong.append(f"the disk grew by {grown:.0f} bytes a job")
    return wrong


def plot(samples: Sequence[Sample]) -> str:
    """Four small charts as SVG."""
    width, height, charts = 640, 110, []
    for row, (name, unit) in enumerate((("threads", ""), ("files", ""), ("memory", "MiB"), ("disk", "KiB"))):
        values = [getattr(sample, name) for sample in samples]
        top = max(values) * 1.15 or 1
        points = " ".join(
            f"{90 + (width - 110) * sample.jobs / samples[-1].jobs:.1f},{height - 20 - (height - 40) * value / top:.1f}"
            for sample, value in zip(samples, values, strict=True)
        )
        charts.append(
            f'<g transform="translate(0 {row * height})"><text x="8" y="{height // 2}">{name}</text>'
            f'<text x="8" y="{height // 2 + 16}">max {max(values):.0f} {unit}</text>'
            f'<path d="M90 20V{height - 20}H{width - 20}" fill="none" stroke="#888"/>'
            f'<polyline points="{points}" fill="none" stroke="#1666c0" stroke-width="1.5"/></g>'
        )
    total = len(charts) * height + 20
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {total}" font-family="sans-serif" '
        f'font-size="12"><rect width="{width}" height="{total}" fill="#fff"/>{"".join(charts)}'
        f'<text x="90" y="{total - 6}">0 … {samples[-1].jobs} jobs</text></svg>\n'
    )


def main() -> int:
    """Run, say, plot."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.soak")
    parser.add_argument("--jobs", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plot", type=Path, metavar="FILE")
    options = parser.parse_args()
    result = soak(options.jobs, options.seed)
    first, last = result.samples[0], result.samples[-1]
    print(f"{result.jobs} jobs with {result.faults} faults in {result.seconds:.0f} s; {len(result.problems)} problems")
    for name in ("threads", "files", "memory", "disk"):
        print(f"  {name}: {getattr(first, name):.0f} → {getattr(last, name):.0f}")
    print(*result.problems, sep="\n")
    if options.plot:
        options.plot.write_text(plot(result.samples), "utf-8")
    return 1 if result.problems else 0


if __name__ == "__main__":
    sys.exit(main())
