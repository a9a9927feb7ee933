"""Thousands of jobs with everything that can go wrong at once: `python -m tests.bench.soak [--jobs 10000]`.

The robot is the program itself in a process of its own. Two Orchestrators, which share no code with it, hand out jobs
and spoil their answers at random; the settings lead from one to the other and back; other programs hold the journal;
the robot is killed and terminated. Every job is judged by what its Orchestrator has carried out. Threads, file
descriptors and memory must not grow in the long last life; the disk grows by the jobs' logs and rows of history alone.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import random
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil

from tests.bench.row import Row
from tests.bench.soak_chart import Sample, plot
from tests.field import judge
from tests.field.home import FieldHome
from tests.field.requests import ABORTED, FAILED, LOST_AFTER, LOST_BEFORE, NOTICE, SUCCESS, Job, Plan, answers, page
from tests.field.server import Orchestrator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.field.home import Life

JOBS: Final = 10_000
AHEAD: Final = 20  # jobs in the queue at a time
FAULTY: Final = 0.03  # so many jobs are queued together with a fault
SICK: Final = 0.004  # so many jobs can't be reported for a while, whatever is answered to others
ROUGH: Final = 0.6  # of the jobs, the first ones: with ends of the robot and changes of its settings
EVENTS: Final = 60  # of those
SAMPLES: Final = 200
LONG_CALM: Final = 500  # jobs, after which the disk's growth is that of a job
STALLED: Final = 240.0  # seconds without a finished job
DISK_PER_JOB: Final = 10_000  # bytes: a log and the times of its lines, a page each, and rows
_SCRIPTS: Final = {"good": ("pass", SUCCESS), "bad": ("raise SystemExit(3)", FAILED)}
_CALLS: Final = ("heartbeat", "consume", "update")
_PLANS: Final = (
    LOST_BEFORE,
    LOST_AFTER,
    answers(200, b"[]" * 40, manner="reset"),
    Plan(manner="reset"),
    answers(500),
    Plan(status=502),
    answers(503),
    answers(429, headers=(("Retry-After", "1"),)),
    answers(307, headers=(("Location", "http://elsewhere.invalid/"),)),
    page(200),
    page(403),
    page(404),
    page(407),
    answers(425),
    answers(200, b'{"ErrorCode": 500, "ErrorText": "deadlock"}'),
    Plan(wrap=(NOTICE, b"")),
    Plan(ahead=b"HTTP/1.1 102 Processing\r\n\r\n"),
    Plan(before=1.4),
    Plan(after=1.4),
)


@dataclass(frozen=True)
class Soak:
    """What came of it."""

    jobs: int
    faults: int
    events: collections.Counter[str]
    seconds: float
    samples: Sequence[Sample]
    problems: Sequence[str]


class _Run:
    """One soak."""

    def __init__(self, folder: Path, orchestrators: Sequence[Orchestrator], count: int, seed: int) -> None:
        self.home = FieldHome(folder)
        self.orchestrators, self.count = orchestrators, count
        self.rng = random.Random(seed)
        self.here = orchestrators[0]
        self.jobs: list[Job] = []
        self.open: list[Job] = []
        self.events: collections.Counter[str] = collections.Counter()
        self.faults = 0
        self.samples: list[Sample] = []
        self.calm_since = 0
        for orchestrator in orchestrators:
            orchestrator.robots.add(self.home.guid)
            orchestrator.offers_again = True
        for name, (text, _status) in _SCRIPTS.items():
            self.home.notes(name, text)
        self._settle_on(self.here)
        self.life: Life = self.home.live()

    def play(self) -> list[str]:
        """Work through all jobs, however often it takes to visit each Orchestrator; what was wrong."""
        events = self._plan_events()
        while len(self.jobs) < self.count or self.open:
            self._feed()
            self._wait_for_progress()
            done = len(self.jobs) - len(self.open)
            while events and done >= events[0][0]:
                self._happen(events.pop(0)[1])
            self._sample(done)
            if len(self.jobs) >= self.count and self.open and not any(job in self.here.jobs for job in self.open):
                self._switch()
        self._settle_accounts()
        return self._account()

    def _plan_events(self) -> list[tuple[int, str]]:
        kinds = ("kill", "terminate", "switch", "hold", "hold")
        count = min(EVENTS, self.count // 20)
        moments = sorted(self.rng.randrange(int(self.count * ROUGH)) for _ in range(count))
        return [(moment, self.rng.choice(kinds)) for moment in moments]

    def _feed(self) -> None:
        waiting = sum(job.waiting for job in self.here.jobs)
        while waiting < AHEAD and len(self.jobs) < self.count:
            name = "good" if self.rng.random() < 0.9 else "bad"
            job = self.here.queue(name, robot=self.home.guid, expected=_SCRIPTS[name][1])
            self.jobs.append(job)
            self.open.append(job)
            waiting += 1
            if self.rng.random() < FAULTY:
                times = self.rng.choice((1, 1, 1, 2))
                self.here.disturb(self.rng.choice(_PLANS), self.rng.choice(_CALLS), times=times)
                self.faults += 1
            if self.rng.random() < SICK:
                self.here.disturb(self.rng.choice((answers(500), answers(403, b"{}"))), job=job, times=5)
                self.faults += 1

    def _wait_for_progress(self) -> None:
        before = len(self.open)
        deadline = time.monotonic() + STALLED
        while not any(job.over for job in self.open):
            with self.here.changed:
                self.here.changed.wait(1.0)
            if self.life.process.poll() is not None or time.monotonic() > deadline:
                done = len(self.jobs) - before
                raise RuntimeError(f"after {done} jobs: exit code {self.life.process.poll()}\n{self.home.last_words()}")
            if not any(job in self.here.jobs for job in self.open):
                self._switch()
        self.open = [job for job in self.open if not job.over]
        for orchestrator in self.orchestrators:
            with orchestrator.changed:
                orchestrator.jobs = [job for job in orchestrator.jobs if not job.over or job.waiting]
                orchestrator.rules = [rule for rule in orchestrator.rules if rule.left != 0]

    # ------------------------------------------------------------------ what happens

    def _happen(self, event: str) -> None:
        self.events[event] += 1
        getattr(self, f"_{event}")()
        self.calm_since = len(self.jobs) - len(self.open)

    def _kill(self) -> None:
        """The outcome of a job that was under way can't be known; one that was never written down is offered again."""
        self.home.kill(self.life)
        self._next_life({FAILED})

    def _terminate(self) -> None:
        self.home.terminate(self.life)
        self._next_life({ABORTED, FAILED})

    def _next_life(self, also_right: set[int]) -> None:
        for job in self.open:
            if job.handed_out:
                job.expected |= also_right
        self.life = self.home.live()

    def _switch(self) -> None:
        """The settings lead to the other Orchestrator; what waits here waits until they lead back."""
        index = self.orchestrators.index(self.here)
        self.here = self.orchestrators[(index + 1) % len(self.orchestrators)]
        self._settle_on(self.here)

    def _hold(self) -> None:
        """Another program holds the journal for a while."""
        seconds = self.rng.uniform(0.2, 3)

        def hold() -> None:
            with contextlib.suppress(OSError), self.home.journal_held():
                time.sleep(seconds)

        threading.Thread(target=hold, daemon=True).start()

    def _settle_on(self, orchestrator: Orchestrator) -> None:
        self.home.settings(
            orchestrator.url, when_idle="wait", poll_seconds=0.1, heartbeat_seconds=10, request_timeout=1
        )

    # ------------------------------------------------------------------ accounts

    def _settle_accounts(self) -> None:
        """Everything is reported; what is to be confirmed is, at each Orchestrator."""
        for orchestrator in self.orchestrators:
            orchestrator.rules.clear()
        self.home.terminate(self.life)
        for orchestrator in self.orchestrators:
            self.home.settings(orchestrator.url, when_idle="exit", poll_seconds=0.1, request_timeout=1)
            if (code := self.home.whole_life()) != 0:
                raise RuntimeError(f"exit code {code} in the end\n{self.home.last_words()}")

    def _sample(self, done: int) -> None:
        every = max(1, self.count // SAMPLES)
        if self.samples and done < self.samples[-1].jobs + every and done < self.count:
            return
        with contextlib.suppress(psutil.Error):
            robot = psutil.Process(self.life.process.pid)
            memory = robot.memory_info().rss / 2**20
            self.samples.append(Sample(done, robot.num_threads(), robot.num_fds(), memory, _size(self.home.data)))

    def _account(self) -> list[str]:
        killed = [life for life in self.home.lives if life.killed]
        found = judge.ran_twice(self.home.ran())
        for orchestrator in self.orchestrators:
            orchestrator.wait_for_quiet()
            found += [f"told a stranger: {what}" for what in orchestrator.strangers]
            updates = collections.defaultdict(list)
            for request in orchestrator.heard("update"):
                updates[request.form["guid"]].append(request)
            for job in orchestrator.known.values():
                found += [f"job {job.guid}: {what}" for what in judge.about_job(job, updates[job.guid], killed)]
        for life in self.home.lives:
            found += judge.about_life(life, self.home.guids, self.orchestrators)
        return found + self._growth()

    def _growth(self) -> list[str]:
        """Compared are the highest of the second fifth of the calm, when all is warm, and of the last fifth."""
        calm = [sample for sample in self.samples if sample.jobs > self.calm_since]
        fifth = max(1, len(calm) // 5)
        early, late = calm[fifth : 2 * fifth] or calm[:1], calm[-fifth:]
        wrong = []
        for name, allowed in (("threads", 2), ("files", 4), ("memory", 4.0)):
            before = max(getattr(sample, name) for sample in early)
            after = max(getattr(sample, name) for sample in late)
            if after > before + allowed:
                wrong.append(f"{name} grew from {before:g} to {after:g}")
        jobs = calm[-1].jobs - calm[0].jobs
        if jobs >= LONG_CALM and (grown := (calm[-1].disk - calm[0].disk) * 1024 / jobs) > DISK_PER_JOB:
            wrong.append(f"the disk grew by {grown:.0f} bytes a job")
        return wrong


def soak(count: int, seed: int = 1) -> Soak:
    """Run `count` jobs.

    Raises:
        RuntimeError: the robot ended, or nothing went on any more.
    """
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="robot-soak-") as name, Orchestrator() as one, Orchestrator() as other:
        run = _Run(Path(name) / "home", (one, other), count, seed)
        try:
            problems = run.play()
        finally:
            run.home.end()
        return Soak(count, run.faults, run.events, time.monotonic() - begun, run.samples, problems)


def measure(*, quick: bool = False) -> list[Row]:
    """What is wrong after all those jobs: nothing."""
    result = soak(300 if quick else JOBS)
    ours = f"{len(result.problems)} problems, {result.faults} faults, {sum(result.events.values())} events"
    return [Row(f"{result.jobs} jobs with everything at once", "0 problems", ours, len(result.problems), 0, "")]


def _size(folder: Path) -> float:
    """Without the write-ahead log, which comes and goes with up to 4 MiB."""
    total = 0
    for file in folder.rglob("*"):
        if not file.name.endswith("-wal"):
            with contextlib.suppress(OSError):
                total += file.stat().st_blocks * 512
    return total / 1024


def main() -> int:
    """Run, say, plot."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.soak")
    parser.add_argument("--jobs", type=int, default=JOBS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plot", type=Path, metavar="FILE")
    options = parser.parse_args()
    result = soak(options.jobs, options.seed)
    first, last = result.samples[0], result.samples[-1]
    events = ", ".join(f"{count} × {event}" for event, count in sorted(result.events.items()))
    print(f"{result.jobs} jobs with {result.faults} faults ({events}) in {result.seconds:.0f} s")
    print(f"{len(result.problems)} problems")
    for name in ("threads", "files", "memory", "disk"):
        print(f"  {name}: {getattr(first, name):.0f} → {getattr(last, name):.0f}")
    print(*result.problems, sep="\n")
    if options.plot:
        options.plot.write_text(plot(result.samples), "utf-8")
    return 1 if result.problems else 0


if __name__ == "__main__":
    sys.exit(main())
